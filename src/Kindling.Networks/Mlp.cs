using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>Fully connected layers with ReLU between them.</summary>
internal static class Mlp
{
    public static NetworkRow Row { get; } = new("mlp", [], Faults, NetworkFaults.None, Write) { TakesExtensions = true };

    private static IEnumerable<string> Faults(NetworkSpec spec)
    {
        if (spec.Hidden.Count == 0 || spec.Hidden.Any(h => h is < 1 or > 65536))
        {
            yield return $"network.hidden: expected one or more sizes from 1 to 65536, got [{string.Join(", ", spec.Hidden)}]";
        }

        if (spec.Normalization is not (Normalization.None or Normalization.Layer))
        {
            yield return $"network.normalization: mlp takes none or layer, got {spec.Normalization}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        Value x = n.Flat();
        for (int i = 0; i < spec.Hidden.Count; i++)
        {
            Value before = n.Dense(x, spec.Hidden[i], $"hidden{i + 1}", InitialDistribution.Uniform);
            before = i == 0 ? n.BesideContext(before, spec) : before;
            x = n.Builder.Relu(n.Normalize(before, $"hidden{i + 1}.norm"));
            x = spec.Warp ? n.Warp(x, $"hidden{i + 1}.warp") : x;
        }

        if (spec.Gate)
        {
            x = n.Gated(x, n.Builder.Relu(n.Dense(n.Flat(), spec.Hidden[^1], "gate.hidden", InitialDistribution.Uniform)), "gate.open");
        }

        return n.Finish(n.Head(spec, x, outputs), x);
    }
}
