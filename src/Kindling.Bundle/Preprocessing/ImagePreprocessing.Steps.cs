namespace Kindling.Bundles;

/// <content>The single steps: inversion, tone, padding, resizing.</content>
public sealed partial class ImagePreprocessing
{
    /// <summary>Ink that stands out less than this from the ground is taken for noise, not stretched.</summary>
    private const float LeastContrast = 8f / 255f;

    private double PaddedWidth(int width, int height) => Math.Max(width, (double)height * Width / Height);

    private double PaddedHeight(int width, int height) => Math.Max(height, (double)width * Height / Width);

    private bool Decide(ImageInput image, float[][] planes) =>
        Invert switch
        {
            ImageInversion.Yes => true,
            ImageInversion.No => false,
            _ => HasLightGround(image, planes),
        };

    /// <summary>
    /// The ground is light when the picture reaches further below the border's median than above it. Measured against
    /// the picture's own range, so that grey paper with black ink counts as light; an empty picture goes by its brightness.
    /// </summary>
    private static bool HasLightGround(ImageInput image, float[][] planes)
    {
        float below = 0;
        float above = 0;
        foreach (float[] plane in planes)
        {
            float ground = ImagePlanes.Ground(plane, image.Width, image.Height);
            (float low, float high) = ImagePlanes.Range(plane);
            below += ground - low;
            above += high - ground;
        }

        return below == above ? ImagePlanes.Ground(planes[0], image.Width, image.Height) > 0.5f : below > above;
    }

    private Tone ToneOf(float[] plane, float ground, bool inverted)
    {
        if (Contrast == ImageContrast.None)
        {
            return inverted ? new Tone(1, -1) : new Tone(0, 1);
        }

        (float low, float high) = ImagePlanes.Range(plane);
        float contrast = inverted ? ground - low : high - ground;
        if (contrast < LeastContrast)
        {
            return new Tone(ground, 0);
        }

        return new Tone(ground, inverted ? -1 / contrast : 1 / contrast);
    }

    private void Resize(
        float[] plane,
        ImageInput image,
        Tone tone,
        float padding,
        ImageScaling horizontal,
        ImageScaling vertical,
        Span<float> destination
    )
    {
        for (int i = 0; i < plane.Length; i++)
        {
            plane[i] = tone.Map(plane[i]);
        }

        float[] rows = new float[image.Height * Width];
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                rows[(y * Width) + x] = horizontal.Sum(plane, y * image.Width, 1, x);
            }
        }

        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                float outside = 1 - (horizontal.Inside[x] * vertical.Inside[y]);
                float value = vertical.Sum(rows, x, Width, y) + (outside * padding);
                destination[(y * Width) + x] = MathF.Round(Math.Clamp(value, 0, 1) * 255f) / 255f;
            }
        }
    }

    /// <summary>value -> clamp((value - Zero) * Gain, 0, 1).</summary>
    private readonly record struct Tone(float Zero, float Gain)
    {
        public bool IsPlain => (Zero, Gain) is (0, 1) or (1, -1);

        public float Map(float value) => Math.Clamp((value - Zero) * Gain, 0, 1);
    }
}
