using System.Globalization;

namespace Kindling.Bundles;

/// <summary>An object that was found.</summary>
/// <param name="Label">Class name.</param>
/// <param name="Score">How sure it is, 0 to 1: that there is an object, times that it is of this class.</param>
/// <param name="Box">Where it is, in pixels of the picture.</param>
public sealed record Detection(string Label, float Score, Box Box)
{
    /// <summary>Label, score and box.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Label} ({Score:0.000}) {Box}");
}
