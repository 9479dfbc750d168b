using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A policy with normally distributed actions: fully connected layers with ReLU between them give the means; the logarithms of the standard deviations are parameters that do
/// not depend on what is seen, 0 at the start (as in Duan et al. 2016 and MAML). Outputs: n means, then n logarithms.
/// </summary>
internal static class Policy
{
    public static NetworkRow Row { get; } = new("policy", [], Faults, OutputFaults, Write) { TakesContext = true };

    private static IEnumerable<string> Faults(NetworkSpec spec) =>
        [.. NetworkFaults.Sizes("hidden", spec.Hidden, count: 0), .. NetworkFaults.NoNormalization(spec, "does without")];

    private static IEnumerable<string> OutputFaults(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (outputs % 2 != 0)
        {
            yield return $"network policy gives a mean and the logarithm of a standard deviation for each number of an action, got {outputs} outputs";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        Value x = n.Flat();
        for (int i = 0; i < spec.Hidden.Count; i++)
        {
            Value before = n.Dense(x, spec.Hidden[i], $"hidden{i + 1}", InitialDistribution.Uniform);
            x = b.Relu(i == 0 ? n.BesideContext(before, spec) : before);
        }

        Value mean = n.Dense(x, outputs / 2, "mean", InitialDistribution.Uniform, isHead: true);
        Value deviation = n.Given("deviation", Tensor.Of<float>(new float[outputs / 2], outputs / 2));
        return n.Finish(b.Concat(1, mean, b.Expand(deviation, b.ShapeOf(mean))), x);
    }
}
