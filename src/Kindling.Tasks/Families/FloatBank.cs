using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>Prepared items as they are: rows of a table, spectrograms. Takes over the values.</summary>
internal sealed class FloatBank(int[] shape, float[] values) : ItemBank
{
    public override int[] Shape { get; } = shape;

    public override int ItemSize { get; } = shape.Aggregate(1, (product, size) => product * size);

    /// <summary>The rows of a table in a chosen order.</summary>
    public static FloatBank OfRows(TableFile table, IReadOnlyList<int> order, TablePreprocessing preprocessing)
    {
        FloatTensor rows = table.Select(preprocessing.Columns);
        int size = rows.Shape[1];
        float[] values = new float[order.Count * size];
        for (int i = 0; i < order.Count; i++)
        {
            preprocessing.Apply(rows.Values.AsSpan(order[i] * size, size), values.AsSpan(i * size, size));
        }

        return new FloatBank([size], values);
    }

    /// <summary>Recordings, prepared in parallel; each is read when its turn comes.</summary>
    /// <param name="count">Number of recordings.</param>
    /// <param name="read">Reads one.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <param name="hash">Gets the content of each, in order.</param>
    public static FloatBank OfRecordings(int count, Func<int, AudioInput> read, AudioPreprocessing preprocessing, ContentHash hash)
    {
        int size = preprocessing.Frames * preprocessing.Mels;
        float[] values = new float[checked(count * size)];
        byte[][] hashes = new byte[count][];
        ImageFiles.ForEach(
            count,
            i =>
            {
                AudioInput audio = read(i);
                preprocessing.Apply(audio).Values.CopyTo(values, i * size);
                hashes[i] = AudioFiles.HashOf(audio);
            }
        );
        foreach (byte[] content in hashes)
        {
            hash.Add(content);
        }

        return new FloatBank([.. preprocessing.Shape], values);
    }

    public override void Fill(int item, ItemView view, Span<float> destination) =>
        values.AsSpan(item * ItemSize, ItemSize).CopyTo(destination);
}
