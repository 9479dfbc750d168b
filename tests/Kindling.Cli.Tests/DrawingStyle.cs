namespace Kindling.Cli.Tests;

/// <summary>How a drawing becomes a picture file.</summary>
public sealed record DrawingStyle
{
    public int Width { get; init; } = 64;

    public int Height { get; init; } = 80;

    public (byte R, byte G, byte B) Paper { get; init; } = (240, 235, 220);

    public (byte R, byte G, byte B) Ink { get; init; } = (20, 30, 110);

    /// <summary>A grey JPEG instead of a colour PNG.</summary>
    public bool IsJpeg { get; init; }

    public static DrawingStyle DarkOnLight { get; } = new();

    public static DrawingStyle LightOnDark { get; } = new() { Paper = (15, 20, 35), Ink = (250, 240, 130) };

    public static DrawingStyle Jpeg { get; } =
        new()
        {
            Width = 224,
            Height = 224,
            IsJpeg = true,
        };

    /// <summary>The drawing in the middle of the picture, enlarged to its width.</summary>
    public byte[] Encode(float[] ink, int size)
    {
        float At(int x, int y)
        {
            int row = (y - ((Height - Width) / 2)) * size / Width;
            return row < 0 || row >= size ? 0 : ink[(row * size) + (x * size / Width)];
        }

        byte Mix(byte paper, byte stroke, float share) => (byte)(paper + ((stroke - paper) * share));

        if (IsJpeg)
        {
            return PictureBytes.GreyJpeg(Width, Height, (x, y) => Mix(Paper.R, Ink.R, At(x, y)));
        }

        byte[] pixels = new byte[Width * Height * 3];
        for (int i = 0; i < Width * Height; i++)
        {
            float share = At(i % Width, i / Width);
            pixels[i * 3] = Mix(Paper.R, Ink.R, share);
            pixels[(i * 3) + 1] = Mix(Paper.G, Ink.G, share);
            pixels[(i * 3) + 2] = Mix(Paper.B, Ink.B, share);
        }

        return PictureBytes.ColourPng(Width, Height, pixels);
    }
}
