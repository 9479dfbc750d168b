namespace Kindling.Bundles;

/// <summary>A picture as planes of floats in [0, 1], and what can be measured on one.</summary>
internal static class ImagePlanes
{
    /// <summary>One plane of luma or three of colour, transparency laid over white.</summary>
    public static float[][] Read(ImageInput image, int channels)
    {
        int count = image.Width * image.Height;
        float[][] planes = new float[channels][];
        for (int c = 0; c < channels; c++)
        {
            planes[c] = new float[count];
        }

        ReadOnlySpan<byte> pixels = image.Pixels;
        if (image.Components == 1)
        {
            foreach (float[] plane in planes)
            {
                for (int i = 0; i < count; i++)
                {
                    plane[i] = pixels[i] / 255f;
                }
            }

            return planes;
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> pixel = pixels.Slice(i * 4, 4);
            float red = OverWhite(pixel[0], pixel[3]);
            float green = OverWhite(pixel[1], pixel[3]);
            float blue = OverWhite(pixel[2], pixel[3]);
            if (channels == 1)
            {
                // A grey pixel keeps its exact value: the three weights do not sum to 1 in floats.
                planes[0][i] = pixel[0] == pixel[1] && pixel[0] == pixel[2] ? red : (0.299f * red) + (0.587f * green) + (0.114f * blue);
            }
            else
            {
                planes[0][i] = red;
                planes[1][i] = green;
                planes[2][i] = blue;
            }
        }

        return planes;
    }

    /// <summary>The median of the outermost ring of pixels (the upper one of two middle values).</summary>
    public static float Ground(float[] plane, int width, int height)
    {
        List<float> border = new((2 * width) + (2 * height));
        for (int x = 0; x < width; x++)
        {
            border.Add(plane[x]);
            if (height > 1)
            {
                border.Add(plane[((height - 1) * width) + x]);
            }
        }

        for (int y = 1; y < height - 1; y++)
        {
            border.Add(plane[y * width]);
            if (width > 1)
            {
                border.Add(plane[(y * width) + width - 1]);
            }
        }

        border.Sort();
        return border[border.Count / 2];
    }

    /// <summary>The least and the greatest value.</summary>
    public static (float Low, float High) Range(float[] plane)
    {
        float low = plane[0];
        float high = plane[0];
        foreach (float value in plane)
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return (low, high);
    }

    private static float OverWhite(byte value, byte alpha) =>
        alpha == 255 ? value / 255f : ((value * alpha) + (255 * (255 - alpha))) / (255f * 255f);
}
