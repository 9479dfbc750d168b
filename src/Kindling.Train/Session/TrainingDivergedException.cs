namespace Kindling.Train.Session;

/// <summary>A training whose loss is no longer finite, so that nothing can come of it any more.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);
