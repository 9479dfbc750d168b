using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>The networks that a recipe can name.</summary>
public static class NetworkCatalogue
{
    /// <summary>One row for each; a new network is one more.</summary>
    internal static IReadOnlyList<NetworkRow> Rows { get; } =
    [
        Linear.Row,
        Mlp.Row,
        Policy.Row,
        Conv4.Row,
        Transformer.Encoder,
        Transformer.LanguageModel,
        ResNet12.Row,
        Detector.Row,
        DepthwiseSeparable.Row,
        TemporalConvolution.Row,
        Recurrent.Gru,
        Recurrent.Lstm,
        Recurrent.GruLanguageModel,
        Recurrent.LstmLanguageModel,
        TextCnn.Row,
        ImportedNetwork.Row,
    ];

    /// <summary>Builds a network's graphs.</summary>
    /// <param name="spec">The description.</param>
    /// <param name="inputShape">Shape of one input, without the batch.</param>
    /// <param name="outputs">Values or head slots per example.</param>
    /// <exception cref="GraphException">The description is wrong or does not fit the input; all faults are named.</exception>
    public static NetworkGraphs Build(NetworkSpec spec, IReadOnlyList<int> inputShape, int outputs)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(inputShape);
        NetworkRow? row = Rows.FirstOrDefault(r => r.Type == spec.Type);
        string[] faults = [.. spec.Faults(), .. row?.InputFaults(spec, inputShape, outputs) ?? []];
        if (row is null || faults.Length > 0)
        {
            throw new GraphException(string.Join("; ", faults));
        }

        // The support graph is written first; it tells the parameters and statistics that the inference graph declares in the same order.
        bool labelled = spec.Head == "prototypes";
        NetworkBuilder draft = new(spec.Type, spec.Normalization, spec.Groups, infer: false, labelled, inputShape, null, null);
        Graph support = row.Write(draft, spec, outputs);
        bool separate = spec.Normalization == Normalization.Support || labelled;
        Graph inference = separate
            ? row.Write(
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
}
