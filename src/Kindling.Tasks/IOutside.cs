using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>A family that has inputs of no class at all, for which a classifier had better say so.</summary>
public interface IOutside
{
    /// <summary>All such test inputs, <c>[n, ...]</c>; null where there are none.</summary>
    FloatTensor? Outside { get; }
}
