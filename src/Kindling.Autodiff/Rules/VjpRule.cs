using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>
/// The vector-Jacobian product of one operator: appends nodes that compute, from the gradients of a node's outputs, the gradient of each input.
/// </summary>
/// <param name="c">The node, the gradients of its outputs, and the builder to append to.</param>
/// <returns>One gradient of the input's shape per input; null where none is needed or the input is not differentiable.</returns>
internal delegate IReadOnlyList<Value?> VjpRule(VjpContext c);
