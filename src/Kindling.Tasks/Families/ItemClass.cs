namespace Kindling.Tasks.Families;

/// <summary>A class: a run of items in a bank, seen under a rotation.</summary>
/// <param name="Name">As episodes name it.</param>
/// <param name="First">Number of its first item in the bank.</param>
/// <param name="Count">Number of items.</param>
/// <param name="QuarterTurns">Counter-clockwise quarter turns, 0 to 3.</param>
internal sealed record ItemClass(string Name, int First, int Count, int QuarterTurns = 0)
{
    /// <summary>Each class four times, once in each rotation, named as Omniglot's split files do.</summary>
    public static ItemClass[] WithRotations(IEnumerable<ItemClass> classes) =>
        [.. classes.SelectMany(c => Enumerable.Range(0, 4).Select(q => c with { Name = $"{c.Name}/rot{q * 90:000}", QuarterTurns = q }))];
}
