namespace Kindling.Bundles;

/// <summary>Where each of several named tensors lies in one block of floats; every tensor begins on a 64-byte boundary.</summary>
internal sealed class TensorLayout
{
    internal const int Alignment = 16;

    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    internal TensorLayout(IEnumerable<(string Name, IReadOnlyList<int> Shape)> tensors)
    {
        List<Entry> entries = [];
        long offset = 0;
        foreach ((string name, IReadOnlyList<int> shape) in tensors)
        {
            long count = shape.Aggregate(1L, (product, size) => checked(product * size));
            _index.Add(name, entries.Count);
            entries.Add(new Entry(name, [.. shape], checked((int)offset), checked((int)count)));
            offset += (count + Alignment - 1) / Alignment * Alignment;
        }

        Entries = [.. entries];
        Length =
            offset <= Array.MaxLength / sizeof(float)
                ? (int)offset
                : throw new BundleException(
                    $"The tensors {entries[0].Name} to {entries[^1].Name} have {offset} values: too many for one block."
                );
    }

    /// <summary>What a delta of a bundle holds: adapted parameters first, then statistics.</summary>
    internal static TensorLayout OfDelta(BundleManifest manifest) =>
        new([
            .. manifest.Parameters.Where(parameter => parameter.Adapts).Select(parameter => (parameter.Name, parameter.Shape)),
            .. manifest.Statistics.Select(statistic => (statistic.Name, statistic.Shape)),
        ]);

    internal Entry[] Entries { get; }

    /// <summary>Floats of the whole block.</summary>
    internal int Length { get; }

    internal int IndexOf(string name) => _index.GetValueOrDefault(name, -1);

    /// <summary>One tensor of the block.</summary>
    internal sealed class Entry(string name, int[] shape, int offset, int count)
    {
        internal string Name => name;

        internal int[] Shape => shape;

        internal int Offset => offset;

        internal int Count => count;

        internal long[] LongShape { get; } = Array.ConvertAll(shape, size => (long)size);

        internal bool HasShape(IReadOnlyList<int> other) => other.SequenceEqual(shape);

        public override string ToString() => $"{name} [{string.Join(", ", shape)}]";
    }
}
