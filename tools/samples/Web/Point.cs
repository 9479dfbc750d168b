namespace Kindling.Samples.Web;

/// <summary>A point of a function.</summary>
internal sealed record Point(float X, float Y);
