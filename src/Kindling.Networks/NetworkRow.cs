using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>One network of the catalogue.</summary>
/// <param name="Type">The value of <see cref="NetworkSpec.Type"/>.</param>
/// <param name="Members">Which of the members that have no value of their own it reads, as recipes name them.</param>
/// <param name="Faults">What is wrong with its members.</param>
/// <param name="InputFaults">What is wrong with the shape of an input, without the batch, and the number of outputs.</param>
/// <param name="Write">Writes the graph.</param>
internal sealed record NetworkRow(
    string Type,
    IReadOnlyList<string> Members,
    Func<NetworkSpec, IEnumerable<string>> Faults,
    Func<NetworkSpec, IReadOnlyList<int>, int, IEnumerable<string>> InputFaults,
    Func<NetworkBuilder, NetworkSpec, int, Graph> Write
)
{
    /// <summary>Whether it takes <see cref="NetworkSpec.Context"/>, <see cref="NetworkSpec.Warp"/> and <see cref="NetworkSpec.Gate"/>.</summary>
    public bool TakesExtensions { get; init; }

    /// <summary>Whether it takes <see cref="NetworkSpec.Context"/>, whatever the other two.</summary>
    public bool TakesContext { get; init; }

    /// <summary>Whether it gives scores of the next code for each position, so that it has no head.</summary>
    public bool IsLanguageModel { get; init; }

    /// <summary>Whether it finds objects, so that its outputs are those of a detector.</summary>
    public bool IsDetector { get; init; }
}
