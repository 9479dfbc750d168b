using System.Buffers;
using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// Prepared pictures of one shape as bytes (preprocessing yields multiples of 1/255, so nothing is lost), item after item.
/// </summary>
internal sealed class ImageBank : ItemBank
{
    private static readonly float[] Levels = [.. Enumerable.Range(0, 256).Select(i => i / 255f)];

    private readonly byte[] _pixels;
    private readonly int[][] _maps;

    public ImageBank(byte[] pixels, int channels, int height, int width)
    {
        _pixels = pixels;
        Shape = [channels, height, width];
        ItemSize = channels * height * width;
        _maps = [.. Enumerable.Range(0, height == width ? 8 : 2).Select(m => Map(channels, height, width, m / 2, m % 2 == 1))];
    }

    /// <summary>Channels, height, width.</summary>
    public override int[] Shape { get; }

    public override int ItemSize { get; }

    public override void Fill(int item, ItemView view, Span<float> destination)
    {
        if (view.Warp is { } warp)
        {
            float[] straight = ArrayPool<float>.Shared.Rent(ItemSize);
            Fill(item, view with { Warp = null }, straight);
            warp.Apply(straight.AsSpan(0, ItemSize), Shape[1], Shape[2], destination);
            ArrayPool<float>.Shared.Return(straight);
            return;
        }

        ReadOnlySpan<byte> source = _pixels.AsSpan(item * ItemSize, ItemSize);
        float[] levels = Levels;
        int[] map = _maps[(view.QuarterTurns * 2) + (view.Mirrored ? 1 : 0)];
        for (int i = 0; i < map.Length; i++)
        {
            destination[i] = levels[source[map[i]]];
        }
    }

    /// <summary>Room for pictures.</summary>
    /// <param name="pictures">What they are, for the message.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">Bytes of each.</param>
    /// <exception cref="BundleException">No array holds them.</exception>
    public static byte[] Room(string pictures, long count, int size) =>
        count * size <= Array.MaxLength
            ? new byte[count * size]
            : throw new BundleException($"{pictures} take {count * size} bytes when prepared: at most {Array.MaxLength} are accepted.");

    /// <summary>Floats in [0, 1] that are multiples of 1/255, as bytes.</summary>
    public static void Quantise(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            bytes[i] = (byte)MathF.Round(values[i] * 255f);
        }
    }

    /// <summary>Where each pixel of the mirrored, then turned picture comes from. One quarter turn takes (y, x) from (x, size - 1 - y).</summary>
    private static int[] Map(int channels, int height, int width, int quarterTurns, bool mirrored)
    {
        int area = height * width;
        int[] from = new int[channels * area];
        for (int i = 0; i < from.Length; i++)
        {
            int y = i % area / width;
            int x = i % width;
            for (int q = 0; q < quarterTurns; q++)
            {
                (y, x) = (x, width - 1 - y);
            }

            from[i] = (i / area * area) + (y * width) + (mirrored ? width - 1 - x : x);
        }

        return from;
    }
}
