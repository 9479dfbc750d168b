using Kindling.Graphs;

namespace Kindling.Autodiff;

/// <summary>What one optimiser step computes.</summary>
/// <param name="Parameters">The next parameters, in the order of the parameters given.</param>
/// <param name="State">The next state, in the order of the state given.</param>
public sealed record OptimizerStep(IReadOnlyList<Value> Parameters, IReadOnlyList<Value> State);
