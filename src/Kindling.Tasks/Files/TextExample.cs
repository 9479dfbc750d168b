namespace Kindling.Tasks.Files;

/// <summary>A text with its class.</summary>
/// <param name="Label">The class.</param>
/// <param name="Text">The text.</param>
/// <param name="Place">Where it stands, for messages.</param>
public sealed record TextExample(string Label, string Text, string Place);
