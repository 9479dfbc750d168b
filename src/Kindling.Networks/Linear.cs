using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>One linear layer.</summary>
internal static class Linear
{
    public static NetworkRow Row { get; } = new("linear", [], Faults, NetworkFaults.None, Write);

    private static IEnumerable<string> Faults(NetworkSpec spec)
    {
        if (spec.Normalization != Normalization.None)
        {
            yield return $"network.normalization: linear takes none, got {spec.Normalization}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        Value features = n.Flat();
        return n.Finish(n.Head(spec, features, outputs), features);
    }
}
