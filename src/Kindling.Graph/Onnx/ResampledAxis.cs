namespace Kindling.Graphs.Onnx;

/// <summary>One axis on its way to another size.</summary>
/// <param name="Index">The axis.</param>
/// <param name="Input">Its size.</param>
/// <param name="Output">Its size afterwards.</param>
/// <param name="Scale">How much larger it becomes; not exactly the ratio of the sizes where the file gives scales.</param>
/// <param name="Width">Size times scale, which need not be a whole number.</param>
/// <param name="Start">Where the part that is resized begins, as a share of the axis.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct ResampledAxis(int Index, long Input, long Output, float Scale, float Width, float Start, float End);
