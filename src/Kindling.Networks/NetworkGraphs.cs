using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A network as graphs. Both have the inputs <c>x</c> and the parameters (the support graph of a head of prototypes has <c>y</c> between them), and the outputs <c>output</c> [batch, outputs] and <c>features</c>
/// [batch, F], which is what the last linear layer sees; of a language model [batch, length, vocabulary] and [batch, length, F]. With <see cref="Normalization.Support"/> the support graph gives the statistics of
/// its batch as further outputs and the inference graph takes them as further inputs; otherwise the two are the same graph.
/// </summary>
public sealed class NetworkGraphs
{
    /// <summary>The graph that adaptation differentiates.</summary>
    public required Graph Support { get; init; }

    /// <summary>The graph that prediction runs.</summary>
    public required Graph Infer { get; init; }

    /// <summary>Parameters in the order of the graphs' inputs.</summary>
    public required IReadOnlyList<ParameterSpec> Parameters { get; init; }

    /// <summary>Statistics in the order of the graphs' outputs and inputs.</summary>
    public required IReadOnlyList<StatisticSpec> Statistics { get; init; }

    /// <summary>Mode of the normalisation layers.</summary>
    public required Normalization Normalization { get; init; }
}
