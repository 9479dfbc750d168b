namespace Kindling.Tasks.Families;

/// <summary>A class of pictures: a run of items in a bank, seen under a rotation.</summary>
/// <param name="Name">As episodes name it.</param>
/// <param name="First">Number of its first item in the bank.</param>
/// <param name="Count">Number of items.</param>
/// <param name="QuarterTurns">Counter-clockwise quarter turns, 0 to 3.</param>
internal sealed record ImageClass(string Name, int First, int Count, int QuarterTurns = 0);
