namespace Kindling.Tasks.Families;

/// <summary>How an item is seen: the first three are for pictures, the last is for texts.</summary>
/// <param name="QuarterTurns">Counter-clockwise quarter turns, 0 to 3.</param>
/// <param name="Mirrored">Whether left and right are exchanged, before the turns.</param>
/// <param name="Warp">A warp after both, or none.</param>
/// <param name="Words">How words are varied, or not at all.</param>
internal readonly record struct ItemView(int QuarterTurns = 0, bool Mirrored = false, Warp? Warp = null, WordChange? Words = null);
