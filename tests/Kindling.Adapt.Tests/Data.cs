using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>Examples that the tests share.</summary>
internal static class Data
{
    public static readonly FloatTensor Points = new([6, 2], [1f, 0.2f, 1.2f, -0.1f, -0.8f, 1f, -1f, 0.7f, 0.1f, -1.1f, -0.2f, -0.9f]);

    public static readonly int[] Labels = [0, 0, 1, 1, 2, 2];

    public static SupportSet Three { get; } = SupportSet.FromTensors(Points, Labels, ["ant", "bee", "cat"]);

    public static SupportSet Two { get; } =
        SupportSet.FromTensors(new FloatTensor([4, 2], Points.Values[..8]), Labels[..4], ["ant", "bee"]);

    /// <summary>y = 2x at x = 1..5.</summary>
    public static SupportSet Line { get; } =
        SupportSet.FromTargets(new FloatTensor([5, 1], [1, 2, 3, 4, 5]), new FloatTensor([5, 1], [2, 4, 6, 8, 10]));

    public static FloatTensor Point(float a, float b) => new([2], [a, b]);
}
