using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// The residual network of the few-shot literature (Oreshkin et al. 2018; these widths: Lee et al. 2019): four blocks of three 3x3 convolutions beside a 1x1
/// one, each normalised, leaky ReLU of slope 0.1, 2x2 maximum behind each block, mean over space.
/// </summary>
/// <remarks>Departures: there is no DropBlock, and convolutions start with the variance of their inputs instead of their outputs.</remarks>
internal static class ResNet12
{
    private const int Blocks = 4;
    private const int LeastSize = 1 << Blocks;
    private const float Slope = 0.1f;

    private static readonly int[] DefaultWidths = [64, 160, 320, 640];

    public static NetworkRow Row { get; } = new("resnet12", ["widths"], Faults, InputFaults, Write);

    private static IReadOnlyList<int> Widths(NetworkSpec spec) => spec.Widths ?? DefaultWidths;

    public static IEnumerable<string> Faults(NetworkSpec spec) =>
        [.. NetworkFaults.Sizes("widths", Widths(spec), Blocks), .. NetworkFaults.Groups(spec, Widths(spec))];

    private static IEnumerable<string> InputFaults(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        foreach (string fault in NetworkFaults.Images(spec, input))
        {
            yield return fault;
        }

        if (input.Count == 3 && Math.Min(input[1], input[2]) < LeastSize)
        {
            yield return $"network resnet12 takes images of at least {LeastSize}x{LeastSize}, got {input[2]}x{input[1]}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        Value features = n.Builder.ReduceMean(Body(n, spec, Blocks), [2, 3], keepDims: false);
        return n.Finish(n.Head(spec, features, outputs), features);
    }

    /// <summary>The four blocks, of which the first so many are followed by pooling.</summary>
    public static Value Body(NetworkBuilder n, NetworkSpec spec, int poolings)
    {
        GraphBuilder b = n.Builder;
        Value x = n.X;
        for (int block = 1; block <= Blocks; block++)
        {
            string name = $"block{block}";
            int width = Widths(spec)[block - 1];
            Value shortcut = n.Normalize(n.Conv(x, width, [1, 1], $"{name}.shortcut"), $"{name}.shortcut.norm");
            for (int i = 1; i <= 3; i++)
            {
                x = n.Normalize(n.Conv(x, width, 1, $"{name}.conv{i}"), $"{name}.conv{i}.norm");
                x = b.LeakyRelu(i == 3 ? b.Add(x, shortcut) : x, Slope);
            }

            x = block <= poolings ? b.MaxPool(x, [2, 2], [2, 2]) : x;
        }

        return x;
    }
}
