using System.Text;

namespace Kindling.Bundles;

/// <summary>
/// How a picture becomes the input of a model; the same code prepares the training data and, in an app, the user's pictures.
/// </summary>
/// <remarks>
/// In this order: transparency over white; grey by BT.601 luma (0.299 R + 0.587 G + 0.114 B) when <see cref="Channels"/> is 1;
/// inversion; contrast; padding with the ground's colour to the target's aspect ratio; resizing by area average (down) or
/// linear interpolation (up); rounding to multiples of 1/255. Immutable and safe to use from several threads.
/// </remarks>
public sealed partial class ImagePreprocessing
{
    /// <summary>The default of <see cref="Width"/> and <see cref="Height"/>.</summary>
    public const int DefaultSize = 28;

    /// <summary>The largest <see cref="Width"/> and <see cref="Height"/>.</summary>
    public const int MaximumSize = 4096;

    /// <summary>Width of the model's input in pixels; 28 by default.</summary>
    public int Width { get; init; } = DefaultSize;

    /// <summary>Height of the model's input in pixels; 28 by default.</summary>
    public int Height { get; init; } = DefaultSize;

    /// <summary>1 (grey, the default) or 3 (red, green, blue).</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Whether ink is made bright; decided for each picture by default.</summary>
    public ImageInversion Invert { get; init; } = ImageInversion.Auto;

    /// <summary>How brightness is spread; <see cref="ImageContrast.Ink"/> by default, which needs one channel.</summary>
    public ImageContrast Contrast { get; init; } = ImageContrast.Ink;

    /// <summary>The same preprocessing with another rule of inversion (what <c>--invert</c> sets).</summary>
    public ImagePreprocessing WithInvert(ImageInversion invert) =>
        new()
        {
            Width = Width,
            Height = Height,
            Channels = Channels,
            Invert = invert,
            Contrast = Contrast,
        };

    /// <summary>All faults of these settings, empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (Width is < 1 or > MaximumSize)
        {
            faults.Add($"width must be between 1 and {MaximumSize}, got {Width}.");
        }

        if (Height is < 1 or > MaximumSize)
        {
            faults.Add($"height must be between 1 and {MaximumSize}, got {Height}.");
        }

        if (Channels is not (1 or 3))
        {
            faults.Add($"channels must be 1 (grey) or 3 (colour), got {Channels}.");
        }

        if (Channels == 3 && Contrast == ImageContrast.Ink)
        {
            faults.Add("contrast 'ink' needs channels 1, got 3; use 'none'.");
        }

        if (!Enum.IsDefined(Invert))
        {
            faults.Add($"invert must be auto, yes or no, got {Invert}.");
        }

        if (!Enum.IsDefined(Contrast))
        {
            faults.Add($"contrast must be ink or none, got {Contrast}.");
        }

        return faults;
    }

    /// <summary>Prepares one picture: <c>[channels, height, width]</c>, values in [0, 1].</summary>
    public FloatTensor Apply(ImageInput image)
    {
        float[] values = new float[Channels * Height * Width];
        Apply(image, values);
        return new FloatTensor([Channels, Height, Width], values);
    }

    /// <summary>Prepares one picture into <paramref name="destination"/>, <c>channels * height * width</c> long.</summary>
    /// <exception cref="ArgumentException">The destination has another length, or the settings are invalid.</exception>
    public void Apply(ImageInput image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        ThrowIfInvalid();
        int area = Height * Width;
        if (destination.Length != Channels * area)
        {
            throw new ArgumentException(
                $"The destination must hold {Channels * area} values, got {destination.Length}.",
                nameof(destination)
            );
        }

        float[][] planes = ImagePlanes.Read(image, Channels);
        bool inverted = Decide(image, planes);
        ImageScaling horizontal = new(image.Width, PaddedWidth(image.Width, image.Height), Width);
        ImageScaling vertical = new(image.Height, PaddedHeight(image.Width, image.Height), Height);
        for (int c = 0; c < Channels; c++)
        {
            float[] plane = planes[c];
            float ground = ImagePlanes.Ground(plane, image.Width, image.Height);
            Tone tone = ToneOf(plane, ground, inverted);
            Resize(plane, image, tone, tone.Map(ground), horizontal, vertical, destination.Slice(c * area, area));
        }
    }

    /// <summary>
    /// What <see cref="Apply(ImageInput)"/> does to this picture, for people, as in
    /// <c>640x480 colour -> grey, inverted (light ground), contrast stretched, padded to square, resized to 28x28</c>.
    /// </summary>
    public string Describe(ImageInput image)
    {
        ArgumentNullException.ThrowIfNull(image);
        ThrowIfInvalid();
        float[][] planes = ImagePlanes.Read(image, Channels);
        bool inverted = Decide(image, planes);
        List<string> steps = [];
        if (Channels == 1 && image.IsColour)
        {
            steps.Add("grey");
        }

        steps.Add(DescribeInversion(inverted));
        AddContrast(steps, image, planes[0], inverted);
        if (PaddedWidth(image.Width, image.Height) - image.Width >= 1 || PaddedHeight(image.Width, image.Height) - image.Height >= 1)
        {
            steps.Add(Width == Height ? "padded to square" : $"padded to {Width}:{Height}");
        }

        if (image.Width != Width || image.Height != Height)
        {
            steps.Add($"resized to {Width}x{Height}");
        }

        return new StringBuilder()
            .Append(image.Width)
            .Append('x')
            .Append(image.Height)
            .Append(image.IsColour ? " colour -> " : " grey -> ")
            .AppendJoin(", ", steps)
            .ToString();
    }

    /// <summary>Where a box of a picture is in what <see cref="Apply(ImageInput)"/> makes of it.</summary>
    internal Box Map(ImageInput image, Box box)
    {
        (double scale, double left, double top) = Placing(image.Width, image.Height);
        return box.Map(scale, left * scale, top * scale);
    }

    /// <summary>Where a box of what <see cref="Apply(ImageInput)"/> made is in the picture, and what of it is within.</summary>
    internal Box MapBack(int width, int height, Box box)
    {
        (double scale, double left, double top) = Placing(width, height);
        return box.Map(1 / scale, -left, -top).Within(width, height);
    }

    // pixels of padding before the picture are whole, as where it is resized
    private (double Scale, double Left, double Top) Placing(int width, int height)
    {
        double padded = PaddedWidth(width, height);
        return (Width / padded, Math.Floor((padded - width) / 2), Math.Floor((PaddedHeight(width, height) - height) / 2));
    }

    private string DescribeInversion(bool inverted) =>
        (Invert, inverted) switch
        {
            (ImageInversion.Auto, true) => "inverted (light ground)",
            (ImageInversion.Auto, false) => "not inverted (dark ground)",
            (_, true) => "inverted (as set)",
            _ => "not inverted (as set)",
        };

    private void AddContrast(List<string> steps, ImageInput image, float[] plane, bool inverted)
    {
        if (Contrast != ImageContrast.Ink)
        {
            return;
        }

        Tone tone = ToneOf(plane, ImagePlanes.Ground(plane, image.Width, image.Height), inverted);
        if (tone.Gain == 0)
        {
            steps.Add("no ink found");
        }
        else if (!tone.IsPlain)
        {
            steps.Add("contrast stretched");
        }
    }

    private void ThrowIfInvalid()
    {
        IReadOnlyList<string> faults = Validate();
        if (faults.Count > 0)
        {
            throw new ArgumentException("Image preprocessing is invalid: " + string.Join(' ', faults));
        }
    }
}
