using Kindling.Autodiff;
using Kindling.Autodiff.Passes;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Tapes;

namespace Kindling.Train.Meta;

/// <summary>
/// The two losses of a task as graphs: over the support set, which adaptation descends, and over the query set, which the outer loop descends.
/// </summary>
internal sealed class Objective
{
    private readonly Graph descent;
    private readonly Graph support;
    private readonly Graph query;
    private readonly Graph outer;
    private readonly bool hasStatistics;

    /// <summary>The losses of a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="classification">Whether it classifies.</param>
    /// <param name="loss">What adaptation descends, one of <see cref="InnerLosses.Names"/>; the outer loop has its own all the same.</param>
    /// <param name="clip">
    /// Where above 0, the outer loop of a policy descends <see cref="Losses.ClippedPolicyGradient"/> with this clip instead of the policy gradient.
    /// </param>
    public Objective(NetworkGraphs network, bool classification, string loss = InnerSpec.DefaultLoss, double clip = 0)
    {
        Network = network;
        IsClassification = classification;
        Loss = loss;
        support = WithLoss(network.Support, classification, loss);
        descent = Only(support, "loss");
        hasStatistics = network.Infer != network.Support;
        string judged = InnerLosses.Outer(loss);
        bool same = judged == loss && clip == 0;
        query = !hasStatistics && same ? support : WithLoss(network.Infer, classification, judged, clip);
        outer = same ? descent : Only(WithLoss(network.Support, classification, judged, clip), "loss");
    }

    public NetworkGraphs Network { get; }

    public bool IsClassification { get; }

    /// <summary>What adaptation descends.</summary>
    public string Loss { get; }

    /// <summary>Whether more of the metric is better: accuracy, and the mean average precision of detectors.</summary>
    public bool MoreIsBetter => IsClassification || Loss == InnerLosses.Detection;

    /// <summary>The support graph with the loss that adaptation descends as its first output.</summary>
    public Graph SupportGraph => support;

    /// <summary>The mean loss over a batch, alone: what an inner step descends.</summary>
    public T SupportLoss<T>(ITape<T> tape, T x, T y, IReadOnlyList<T> parameters) => tape.Run(descent, [x, y, .. parameters])[0];

    /// <summary>The outer loop's loss over a batch, under its own statistics: of labelled examples, whatever adaptation makes of them.</summary>
    public T OuterLoss<T>(ITape<T> tape, T x, T y, IReadOnlyList<T> parameters) => tape.Run(outer, [x, y, .. parameters])[0];

    /// <summary>The mean loss over a batch that adaptation descends, and the statistics of that batch.</summary>
    public (T Loss, T[] Statistics) Support<T>(ITape<T> tape, T x, T y, IReadOnlyList<T> parameters)
    {
        T[] outputs = tape.Run(support, [x, y, .. parameters]);
        return (outputs[0], outputs[3..]);
    }

    /// <summary>The statistics of a batch that the network carries to prediction; none if it carries none.</summary>
    public T[] Statistics<T>(ITape<T> tape, T x, T y, IReadOnlyList<T> parameters) =>
        Network.Statistics.Count == 0 ? [] : Support(tape, x, y, parameters).Statistics;

    /// <summary>The mean loss over a batch and the network's outputs, under statistics that the support set gave.</summary>
    public (T Loss, T Output, T Features) Query<T>(ITape<T> tape, T x, T y, IReadOnlyList<T> parameters, IReadOnlyList<T> statistics)
    {
        T[] outputs = tape.Run(query, [x, y, .. parameters, .. hasStatistics ? statistics : []]);
        return (outputs[0], outputs[1], outputs[2]);
    }

    /// <summary>The graph of some outputs alone; without outputs for its statistics a normalisation can run as one operation.</summary>
    private static Graph Only(Graph graph, string output)
    {
        GraphBuilder b = new(graph.Name);
        Dictionary<string, Value> inputs = graph.Inputs.ToDictionary(
            v => v.Name,
            v => b.Input(v.Name, v.Type, v.Shape),
            StringComparer.Ordinal
        );
        _ = b.Output(b.Inline(graph, inputs)[output], output);
        return DeadCode.Run(b.Graph);
    }

    /// <summary>A network's graph with the loss as first output, its own if it has one: inputs x, y, parameters, statistics.</summary>
    internal static Graph WithLoss(Graph network, bool classification, string loss = InnerSpec.DefaultLoss, double clip = 0)
    {
        GraphBuilder b = new(network.Name + ".loss");
        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        foreach (Value input in network.Inputs.Where(v => v.Name != "y"))
        {
            bindings[input.Name] = b.Input(input.Name, input.Type, input.Shape);
            if (input.Name == "x")
            {
                bindings["y"] = InnerLosses.Labels(b, network, classification, loss);
            }
        }

        IReadOnlyDictionary<string, Value> values = b.Inline(network, bindings);
        Value output = values["output"];
        _ = b.Output(
            values.TryGetValue(LearnedLoss.Output, out Value? learned) ? learned
                : clip > 0 ? Losses.ClippedPolicyGradient(b, output, bindings["y"], clip)
                : InnerLosses.Append(b, loss, output, bindings["y"], mask: null),
            "loss"
        );
        foreach (Value result in network.Outputs.Where(v => v.Name != LearnedLoss.Output))
        {
            _ = b.Output(values[result.Name], result.Name);
        }

        return b.Graph;
    }
}
