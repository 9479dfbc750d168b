namespace Kindling.Train.Ranks;

/// <summary>Processes that train together no longer have the same parameters, so that what they compute belongs to no training.</summary>
public sealed class RanksDifferException(string message) : Exception(message);
