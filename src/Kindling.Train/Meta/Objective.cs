using Kindling.Autodiff;
using Kindling.Autodiff.Passes;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Torch;

namespace Kindling.Train.Meta;

/// <summary>
/// The two losses of a task as compiled graphs: over the support set, which adaptation descends, and over the query set, which the outer loop
/// descends. Safe to use from several threads.
/// </summary>
internal sealed class Objective : IDisposable
{
    private readonly TorchInterpreter descent;
    private readonly TorchInterpreter support;
    private readonly TorchInterpreter query;

    public Objective(NetworkGraphs network, bool classification, bool doublePrecision = false)
    {
        Network = network;
        IsClassification = classification;
        Graph loss = WithLoss(network.Support, classification);
        support = new TorchInterpreter(loss, doublePrecision);
        descent = new TorchInterpreter(LossOnly(loss), doublePrecision);
        query = network.Infer == network.Support ? support : new TorchInterpreter(WithLoss(network.Infer, classification), doublePrecision);
    }

    public NetworkGraphs Network { get; }

    public bool IsClassification { get; }

    /// <summary>The mean loss over a batch, alone: what an inner step descends.</summary>
    public Tensor SupportLoss(Tensor x, Tensor y, IReadOnlyList<Tensor> parameters) => descent.Run([x, y, .. parameters])[0];

    /// <summary>The mean loss over a batch and the statistics of that batch.</summary>
    public (Tensor Loss, Tensor[] Statistics) Support(Tensor x, Tensor y, IReadOnlyList<Tensor> parameters)
    {
        Tensor[] outputs = support.Run([x, y, .. parameters]);
        return (outputs[0], outputs[3..]);
    }

    /// <summary>The statistics of a batch that the network carries to prediction; none if it carries none.</summary>
    public Tensor[] Statistics(Tensor x, Tensor y, IReadOnlyList<Tensor> parameters) =>
        Network.Statistics.Count == 0 ? [] : Support(x, y, parameters).Statistics;

    /// <summary>The mean loss over a batch and the network's outputs, under statistics that the support set gave.</summary>
    public (Tensor Loss, Tensor Output, Tensor Features) Query(
        Tensor x,
        Tensor y,
        IReadOnlyList<Tensor> parameters,
        IReadOnlyList<Tensor> statistics
    )
    {
        Tensor[] outputs = query.Run([x, y, .. parameters, .. query == support ? [] : statistics]);
        return (outputs[0], outputs[1], outputs[2]);
    }

    public void Dispose()
    {
        descent.Dispose();
        support.Dispose();
        query.Dispose();
    }

    // Without outputs for its statistics a normalisation can run as one operation.
    private static Graph LossOnly(Graph graph)
    {
        GraphBuilder b = new(graph.Name);
        Dictionary<string, Value> inputs = graph.Inputs.ToDictionary(
            v => v.Name,
            v => b.Input(v.Name, v.Type, v.Shape),
            StringComparer.Ordinal
        );
        _ = b.Output(b.Inline(graph, inputs)["loss"], "loss");
        return DeadCode.Run(b.Graph);
    }

    /// <summary>A network's graph with the loss as first output: inputs x, y, parameters, statistics.</summary>
    internal static Graph WithLoss(Graph network, bool classification)
    {
        GraphBuilder b = new(network.Name + ".loss");
        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        foreach (Value input in network.Inputs)
        {
            bindings[input.Name] = b.Input(input.Name, input.Type, input.Shape);
            if (input.Name == "x")
            {
                bindings["y"] = classification
                    ? b.Input("y", ElementType.Int64, new Shape("batch"))
                    : b.Input("y", ElementType.Float, new Shape("batch", network.Output("output").Shape[1]));
            }
        }

        IReadOnlyDictionary<string, Value> values = b.Inline(network, bindings);
        Value output = values["output"];
        _ = b.Output(
            classification ? Losses.CrossEntropy(b, output, bindings["y"]) : Losses.MeanSquaredError(b, output, bindings["y"]),
            "loss"
        );
        foreach (Value result in network.Outputs)
        {
            _ = b.Output(values[result.Name], result.Name);
        }

        return b.Graph;
    }
}
