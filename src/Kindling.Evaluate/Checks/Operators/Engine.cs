using Kindling.Graphs;

namespace Kindling.Evaluate.Checks.Operators;

/// <summary>Runs a graph on float inputs given as doubles; one array per output.</summary>
internal delegate IReadOnlyList<double[]> Engine(Graph graph, IReadOnlyList<(long[] Sizes, double[] Values)> inputs);
