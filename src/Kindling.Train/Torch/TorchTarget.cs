using static TorchSharp.torch;

namespace Kindling.Train.Torch;

/// <summary>What operators compute with.</summary>
/// <param name="Real">The type of what the graph calls Float.</param>
/// <param name="Device">Where constants live; the processor if absent.</param>
/// <param name="Products">The type that factors of matrix products are rounded to, whose sums go on in <paramref name="Real"/>; as they are if absent.</param>
internal sealed record TorchTarget(ScalarType Real, Device? Device, ScalarType? Products = null)
{
    /// <summary>A matrix product.</summary>
    public Tensor Product(Tensor a, Tensor b) => Products is { } type ? a.to_type(type).matmul(b.to_type(type)).to_type(Real) : a.matmul(b);
}
