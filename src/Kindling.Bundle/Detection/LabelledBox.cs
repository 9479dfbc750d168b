namespace Kindling.Bundles;

/// <summary>An object that is to be found: its class and where it is.</summary>
/// <param name="Label">Class name.</param>
/// <param name="Box">Where it is, in pixels of the picture.</param>
public sealed record LabelledBox(string Label, Box Box);
