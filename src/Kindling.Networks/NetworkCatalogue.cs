using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>The networks that a recipe can name.</summary>
public static class NetworkCatalogue
{
    /// <summary>Builds a network's graphs.</summary>
    /// <param name="spec">The description.</param>
    /// <param name="inputShape">Shape of one input, without the batch.</param>
    /// <param name="outputs">Values or head slots per example.</param>
    /// <exception cref="GraphException">The description is wrong or does not fit the input; all faults are named.</exception>
    public static NetworkGraphs Build(NetworkSpec spec, IReadOnlyList<int> inputShape, int outputs)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(inputShape);
        string[] faults = [.. spec.Faults(), .. ShapeFaults(spec, inputShape)];
        if (faults.Length > 0)
        {
            throw new GraphException(string.Join("; ", faults));
        }

        // The support graph is written first; it tells the parameters and statistics that the inference graph declares in the same order.
        bool labelled = spec.Head == "prototypes";
        NetworkBuilder draft = new(spec.Type, spec.Normalization, spec.Groups, infer: false, labelled, inputShape, null, null);
        Graph support = Write(draft, spec, outputs);
        bool separate = spec.Normalization == Normalization.Support || labelled;
        Graph inference = separate
            ? Write(
                new NetworkBuilder(
                    spec.Type,
                    spec.Normalization,
                    spec.Groups,
                    infer: true,
                    labelled,
                    inputShape,
                    draft.Parameters,
                    draft.Statistics
                ),
                spec,
                outputs
            )
            : support;
        return new NetworkGraphs
        {
            Support = support,
            Infer = inference,
            Parameters = draft.Parameters,
            Statistics = draft.Statistics,
            Normalization = spec.Normalization,
        };
    }

    private static IEnumerable<string> ShapeFaults(NetworkSpec spec, IReadOnlyList<int> input)
    {
        if (spec.Type == "conv4" && input.Count != 3)
        {
            yield return $"network conv4 takes inputs [channels, height, width], got [{string.Join(", ", input)}]";
        }
        else if (spec.Type == "conv4" && spec.Downsample == "pool" && Math.Min(input[1], input[2]) < 16)
        {
            yield return $"network conv4 with pooling takes images of at least 16x16, got {input[2]}x{input[1]}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs) =>
        spec.Type switch
        {
            "linear" => Linear(n, spec, outputs),
            "mlp" => Mlp(n, spec, outputs),
            "conv4" => Conv4(n, spec, outputs),
            "onnx" => ImportedNetwork.Write(n, spec, outputs),
            _ => throw new GraphException($"There is no network '{spec.Type}'."),
        };

    private static Value Head(NetworkBuilder n, NetworkSpec spec, Value features, int outputs) =>
        spec.Head == "prototypes"
            ? n.PrototypeHead(features, outputs)
            : n.Dense(features, outputs, "head", InitialDistribution.Uniform, isHead: true);

    private static Value Flat(NetworkBuilder n) => n.X.Rank == 2 ? n.X : n.Builder.Flatten(n.X);

    private static Graph Linear(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        Value features = Flat(n);
        return n.Finish(Head(n, spec, features, outputs), features);
    }

    private static Graph Mlp(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        Value x = Flat(n);
        for (int i = 0; i < spec.Hidden.Count; i++)
        {
            Value before = n.Dense(x, spec.Hidden[i], $"hidden{i + 1}", InitialDistribution.Uniform);
            before =
                i == 0 && spec.Context > 0 ? n.Builder.Add(before, n.FromContext(spec.Context, spec.Hidden[i], "context.dense")) : before;
            x = n.Builder.Relu(n.Normalize(before, $"hidden{i + 1}.norm"));
            x = spec.Warp ? n.Warp(x, $"hidden{i + 1}.warp") : x;
        }

        if (spec.Gate)
        {
            x = n.Gated(x, n.Builder.Relu(n.Dense(Flat(n), spec.Hidden[^1], "gate.hidden", InitialDistribution.Uniform)), "gate.open");
        }

        return n.Finish(Head(n, spec, x, outputs), x);
    }

    // Vinyals et al. 2016, with the strided variant of Finn et al. 2017: 4 x (3x3 convolution, normalisation, ReLU), mean over space.
    private static Graph Conv4(NetworkBuilder n, NetworkSpec spec, int outputs)
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

        return n.Finish(Head(n, spec, features, outputs), features);
    }
}
