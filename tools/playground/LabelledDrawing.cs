namespace Kindling.Playground;

/// <summary>A drawing and what it is.</summary>
internal sealed record LabelledDrawing(string Label, int Width, int Height, byte[] Rgba) : Drawing(Width, Height, Rgba);
