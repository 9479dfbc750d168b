namespace Kindling.Bundles;

/// <summary>One decoded picture, 8 bits a channel, as it came from a file, a camera or a canvas.</summary>
/// <remarks>Immutable, hence safe to share between threads.</remarks>
public sealed class ImageInput
{
    /// <summary>The largest number of pixels that is accepted: 2^26, an 8192 x 8192 picture.</summary>
    public const int MaximumPixels = 1 << 26;

    private readonly byte[] _pixels;

    private ImageInput(byte[] pixels, int width, int height, int components)
    {
        _pixels = pixels;
        Width = width;
        Height = height;
        Components = components;
        IsColour = components == 4 && HasColour(pixels);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>Whether any pixel has unequal red, green and blue.</summary>
    public bool IsColour { get; }

    /// <summary>Bytes a pixel: 4 (red, green, blue, alpha) or 1 (grey).</summary>
    internal int Components { get; }

    /// <summary>The pixels, row by row from the top left.</summary>
    internal ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>Copies a picture of 4 bytes a pixel: red, green, blue and (not premultiplied) alpha.</summary>
    /// <exception cref="ArgumentException">
    /// The size is not positive, is above <see cref="MaximumPixels"/>, or does not fit the number of bytes.
    /// </exception>
    public static ImageInput FromPixels(ReadOnlySpan<byte> rgba, int width, int height) => Create(rgba, width, height, 4, nameof(rgba));

    /// <summary>Copies a picture of 1 byte a pixel: 0 is black, 255 is white.</summary>
    /// <exception cref="ArgumentException">
    /// The size is not positive, is above <see cref="MaximumPixels"/>, or does not fit the number of bytes.
    /// </exception>
    public static ImageInput FromGrey(ReadOnlySpan<byte> grey, int width, int height) => Create(grey, width, height, 1, nameof(grey));

    /// <summary>Writes the pixels as red, green, blue and alpha, 4 bytes a pixel.</summary>
    /// <exception cref="ArgumentException">The destination is not <c>4 * width * height</c> long.</exception>
    public void CopyTo(Span<byte> rgba)
    {
        if (rgba.Length != Width * Height * 4)
        {
            throw new ArgumentException($"The destination must hold {Width * Height * 4} bytes, got {rgba.Length}.", nameof(rgba));
        }

        if (Components == 4)
        {
            _pixels.CopyTo(rgba);
            return;
        }

        for (int i = 0; i < _pixels.Length; i++)
        {
            rgba.Slice(i * 4, 3).Fill(_pixels[i]);
            rgba[(i * 4) + 3] = 255;
        }
    }

    private static ImageInput Create(ReadOnlySpan<byte> pixels, int width, int height, int components, string parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        long count = (long)width * height;
        if (count > MaximumPixels)
        {
            throw new ArgumentException(
                $"A picture of {width}x{height} has more than the {MaximumPixels} pixels that are accepted.",
                nameof(width)
            );
        }

        if (pixels.Length != count * components)
        {
            throw new ArgumentException(
                $"A picture of {width}x{height} needs {count * components} bytes ({components} a pixel), got {pixels.Length}.",
                parameter
            );
        }

        return new ImageInput(pixels.ToArray(), width, height, components);
    }

    private static bool HasColour(byte[] rgba)
    {
        for (int i = 0; i < rgba.Length; i += 4)
        {
            if (rgba[i] != rgba[i + 1] || rgba[i] != rgba[i + 2])
            {
                return true;
            }
        }

        return false;
    }
}
