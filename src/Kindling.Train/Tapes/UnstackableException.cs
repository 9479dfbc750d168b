namespace Kindling.Train.Tapes;

/// <summary>A program cannot be computed for many tasks in one run; one task a run always works.</summary>
internal sealed class UnstackableException(string message) : Exception(message);
