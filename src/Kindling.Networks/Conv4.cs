using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// Vinyals et al. 2016, with the strided variant of Finn et al. 2017: 4 x (3x3 convolution, normalisation, ReLU), mean over space.
/// </summary>
internal static class Conv4
{
    public static NetworkRow Row { get; } = new("conv4", [], Faults, InputFaults, Write) { TakesExtensions = true };

    private static IEnumerable<string> Faults(NetworkSpec spec) =>
        [.. NetworkFaults.Size("filters", spec.Filters, 4096), .. NetworkFaults.Groups(spec, [spec.Filters])];

    private static IEnumerable<string> InputFaults(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (input.Count != 3)
        {
            yield return $"network conv4 takes inputs [channels, height, width], got [{string.Join(", ", input)}]";
        }
        else if (spec.Downsample == "pool" && Math.Min(input[1], input[2]) < 16)
        {
            yield return $"network conv4 with pooling takes images of at least 16x16, got {input[2]}x{input[1]}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        bool pool = spec.Downsample == "pool";
        Value x = n.X;
        for (int i = 1; i <= 4; i++)
        {
            x = n.Conv(x, spec.Filters, pool ? 1 : 2, $"conv{i}");
            x = n.Normalize(x, $"conv{i}.norm");
            x = i == 3 && spec.Context > 0 ? n.Modulate(x, spec.Context, "context") : x;
            x = n.Builder.Relu(x);
            x = spec.Warp ? n.Warp(x, $"conv{i}.warp") : x;
            x = pool ? n.Builder.MaxPool(x, [2, 2], [2, 2]) : x;
        }

        Value features = n.Builder.ReduceMean(x, [2, 3], keepDims: false);
        if (spec.Gate)
        {
            Value seen = n.Builder.Relu(n.Normalize(n.Conv(n.X, spec.Filters, 2, "gate.hidden"), "gate.hidden.norm"));
            features = n.Gated(features, n.Builder.ReduceMean(seen, [2, 3], keepDims: false), "gate.open");
        }

        return n.Finish(n.Head(spec, features, outputs), features);
    }
}
