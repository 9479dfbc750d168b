using Kindling.Bundles;

namespace Kindling.Tasks.Scenes;

/// <summary>A picture in the making: planes of values in [0, 1], channel by channel.</summary>
internal sealed class SceneCanvas
{
    /// <summary>Coverage from which on a pixel belongs to an object.</summary>
    private const float Solid = 0.3f;

    private readonly float[] _values;

    /// <summary>A black picture.</summary>
    public SceneCanvas(int channels, int size)
    {
        Channels = channels;
        Size = size;
        _values = new float[channels * size * size];
    }

    /// <summary>1 or 3.</summary>
    public int Channels { get; }

    /// <summary>Width and height in pixels.</summary>
    public int Size { get; }

    /// <summary>Fills the picture with a colour that changes evenly from one side to the other.</summary>
    /// <param name="from">Left colour.</param>
    /// <param name="to">Right colour.</param>
    public void Shade(ReadOnlySpan<float> from, ReadOnlySpan<float> to)
    {
        for (int c = 0; c < Channels; c++)
        {
            for (int i = 0; i < Size * Size; i++)
            {
                float t = (i % Size) / (float)(Size - 1);
                _values[(c * Size * Size) + i] = from[c] + (t * (to[c] - from[c]));
            }
        }
    }

    /// <summary>Paints over a square, pixel by pixel.</summary>
    /// <param name="left">Its left edge.</param>
    /// <param name="top">Its upper edge.</param>
    /// <param name="side">Its side in pixels.</param>
    /// <param name="paint">From a pixel's middle, 0 to 1 across and down the square: writes a colour and gives the coverage.</param>
    /// <returns>The box of the pixels that are covered; empty where none is.</returns>
    public Box Paint(float left, float top, float side, Painter paint)
    {
        Span<float> colour = stackalloc float[3];
        (int right, int bottom, int leftmost, int topmost) = (-1, -1, Size, Size);
        for (int y = Math.Max(0, (int)top); y < Math.Min(Size, (int)(top + side) + 1); y++)
        {
            for (int x = Math.Max(0, (int)left); x < Math.Min(Size, (int)(left + side) + 1); x++)
            {
                float coverage = paint((x + 0.5f - left) / side, (y + 0.5f - top) / side, colour);
                if (coverage <= 0)
                {
                    continue;
                }

                for (int c = 0; c < Channels; c++)
                {
                    ref float value = ref _values[(((c * Size) + y) * Size) + x];
                    value += coverage * (colour[c] - value);
                }

                if (coverage >= Solid)
                {
                    (leftmost, right) = (Math.Min(leftmost, x), Math.Max(right, x));
                    (topmost, bottom) = (Math.Min(topmost, y), Math.Max(bottom, y));
                }
            }
        }

        return right < 0 ? default : new Box(leftmost, topmost, right + 1, bottom + 1);
    }

    /// <summary>Writes the picture with evenly distributed noise, in multiples of 1/255.</summary>
    public void CopyTo(Span<float> destination, SeededRandom random, float noise)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            float value = _values[i] + (noise == 0 ? 0 : random.NextSingle(-noise, noise));
            destination[i] = MathF.Round(Math.Clamp(value, 0, 1) * 255) / 255;
        }
    }

    /// <summary>Paints a pixel of a square.</summary>
    /// <param name="x">0 to 1 across.</param>
    /// <param name="y">0 to 1 down.</param>
    /// <param name="colour">Gets the colour.</param>
    /// <returns>Coverage, 0 to 1.</returns>
    public delegate float Painter(float x, float y, Span<float> colour);
}
