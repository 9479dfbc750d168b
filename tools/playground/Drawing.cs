using Kindling.Bundles;

namespace Kindling.Playground;

/// <summary>A drawing as a canvas gives it: RGBA, row by row, four bytes a pixel.</summary>
internal record Drawing(int Width, int Height, byte[] Rgba)
{
    /// <summary>As the model's preprocessing takes it.</summary>
    /// <exception cref="ArgumentException">The size and the bytes do not fit.</exception>
    public ImageInput ToImage() => ImageInput.FromPixels(Rgba, Width, Height);
}
