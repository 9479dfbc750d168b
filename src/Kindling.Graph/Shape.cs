using System.Collections;

namespace Kindling.Graphs;

/// <summary>The shape of a tensor: known rank, dimensions that are numbers or symbols. Immutable.</summary>
public sealed class Shape : IReadOnlyList<Dimension>, IEquatable<Shape>
{
    /// <summary>The largest rank that shape inference invents and files may have.</summary>
    public const int MaxRank = 64;

    private readonly Dimension[] dimensions;

    /// <summary>A shape of the given dimensions; none makes a scalar.</summary>
    public Shape(params IEnumerable<Dimension> dimensions) => this.dimensions = [.. dimensions];

    /// <summary>The shape of a scalar.</summary>
    public static Shape Scalar { get; } = new();

    /// <summary>A shape of known sizes.</summary>
    public static Shape Of(params IEnumerable<long> sizes) => new(sizes.Select(Dimension.Of));

    /// <summary>Number of dimensions.</summary>
    public int Rank => dimensions.Length;

    /// <inheritdoc/>
    public int Count => dimensions.Length;

    /// <summary>The dimension at <paramref name="index"/>; negative numbers count from the end.</summary>
    public Dimension this[int index] => dimensions[index < 0 ? index + dimensions.Length : index];

    /// <summary>Whether every dimension is a number.</summary>
    public bool IsKnown => Array.TrueForAll(dimensions, d => d.IsKnown);

    /// <summary>Number of elements as a dimension (a number, or a product with symbols).</summary>
    public Dimension ElementCount => dimensions.Aggregate(Dimension.Of(1), (a, b) => a * b);

    /// <summary>The sizes.</summary>
    /// <exception cref="InvalidOperationException">A dimension is a symbol.</exception>
    public long[] ToSizes() => [.. dimensions.Select(d => d.Size)];

    /// <inheritdoc/>
    public IEnumerator<Dimension> GetEnumerator() => ((IEnumerable<Dimension>)dimensions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => dimensions.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && dimensions.AsSpan().SequenceEqual(other.dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => dimensions.Aggregate(17, (hash, d) => HashCode.Combine(hash, d));

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", dimensions)}]";
}
