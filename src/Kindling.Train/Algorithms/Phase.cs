namespace Kindling.Train.Algorithms;

/// <summary>What of an algorithm depends on the iteration.</summary>
/// <param name="Variant">Which of the algorithm's forms runs; each is compiled once.</param>
/// <param name="Weights">Numbers that the form reads as an input of shape [n]; none if it reads none.</param>
internal sealed record Phase(int Variant, float[] Weights)
{
    /// <summary>The phase of an algorithm that does the same in every iteration.</summary>
    public static Phase Only { get; } = new(0, []);
}
