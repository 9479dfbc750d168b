namespace Kindling.Cli.Inspecting;

/// <summary>What `kindling inspect` found.</summary>
/// <param name="Kind">bundle, delta, checkpoint, tensors or onnx.</param>
/// <param name="Json">The same as an object.</param>
/// <param name="Lines">For people, a line each.</param>
internal sealed record Inspection(string Kind, object Json, IReadOnlyList<string> Lines);
