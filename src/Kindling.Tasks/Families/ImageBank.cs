namespace Kindling.Tasks.Families;

/// <summary>
/// Prepared pictures of one shape as bytes (preprocessing yields multiples of 1/255, so nothing is lost), item after item.
/// </summary>
internal sealed class ImageBank : ItemBank
{
    private static readonly float[] Levels = [.. Enumerable.Range(0, 256).Select(i => i / 255f)];

    private readonly byte[] _pixels;
    private readonly int[][] _turns;

    public ImageBank(byte[] pixels, int channels, int height, int width)
    {
        _pixels = pixels;
        Shape = [channels, height, width];
        ItemSize = channels * height * width;
        _turns = height == width ? [.. Enumerable.Range(0, 4).Select(q => Turn(channels, width, q))] : [];
    }

    /// <summary>Channels, height, width.</summary>
    public override int[] Shape { get; }

    public override int ItemSize { get; }

    public override void Fill(int item, int quarterTurns, Span<float> destination)
    {
        ReadOnlySpan<byte> source = _pixels.AsSpan(item * ItemSize, ItemSize);
        destination = destination[..ItemSize];
        float[] levels = Levels;
        if (quarterTurns == 0)
        {
            for (int i = 0; i < source.Length; i++)
            {
                destination[i] = levels[source[i]];
            }

            return;
        }

        int[] turn = _turns[quarterTurns];
        for (int i = 0; i < turn.Length; i++)
        {
            destination[i] = levels[source[turn[i]]];
        }
    }

    /// <summary>Floats in [0, 1] that are multiples of 1/255, as bytes.</summary>
    public static void Quantise(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            bytes[i] = (byte)MathF.Round(values[i] * 255f);
        }
    }

    /// <summary>Where each pixel of the turned picture comes from. One quarter turn takes (y, x) from (x, size - 1 - y).</summary>
    private static int[] Turn(int channels, int size, int quarterTurns)
    {
        int[] from = new int[channels * size * size];
        for (int i = 0; i < from.Length; i++)
        {
            int y = i / size % size;
            int x = i % size;
            for (int q = 0; q < quarterTurns; q++)
            {
                (y, x) = (x, size - 1 - y);
            }

            from[i] = (i / (size * size) * size * size) + (y * size) + x;
        }

        return from;
    }
}
