using Kindling.Autodiff;
using Kindling.Autodiff.Passes;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Export;

/// <summary>The graphs of a bundle, derived from a network and an inner rule: prediction, one inner step, and the self-contained model.</summary>
public static class BundleGraphs
{
    /// <summary><c>infer.onnx</c>: (x, mask?, parameters, statistics) -> (output, features).</summary>
    public static Graph Infer(NetworkGraphs network, InnerSpec inner, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        GraphBuilder b = new("infer");
        (IReadOnlyDictionary<string, Value> values, Value? mask) = Declare(
            b,
            network.Infer,
            Anchored(network, inner),
            network.Parameters[^1].Name,
            classification,
            inner.Loss,
            out _
        );
        _ = b.Output(InnerLosses.Masked(b, values["output"], mask), "output");
        _ = b.Output(values["features"], "features");
        return Simplification.Run(b.Graph);
    }

    /// <summary><c>adapt.onnx</c>: one step of the inner rule, loss and gradients included.</summary>
    public static Graph Adapt(NetworkGraphs network, InnerSpec inner, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        return Simplification.Run(Plain(network, ConvolutionLowering.Run(network.Support), inner, classification));
    }

    /// <summary>What <see cref="Adapt"/> is before the passes, and after each of them: the first without any, the last as a bundle has it.</summary>
    /// <returns>The pass that came last, empty for none, and the graph.</returns>
    public static IReadOnlyList<(string Pass, Graph Graph)> AdaptStages(NetworkGraphs network, InnerSpec inner, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        Graph graph = Plain(network, ConvolutionLowering.Run(network.Support), inner, classification);
        List<(string Pass, Graph Graph)> stages =
        [
            ("", Plain(network, network.Support, inner, classification)),
            (nameof(ConvolutionLowering), graph),
        ];
        foreach ((string name, Func<Graph, Graph> run) in Simplification.Passes)
        {
            stages.Add((name, graph = run(graph)));
        }

        stages.Add(("all of these again", Simplification.Run(graph)));
        return stages;
    }

    private static Graph Plain(NetworkGraphs network, Graph support, InnerSpec inner, bool classification)
    {
        GraphBuilder b = new("adapt");
        (IReadOnlyDictionary<string, Value> values, Value? mask) = Declare(
            b,
            support,
            Anchored(network, inner),
            network.Parameters[^1].Name,
            classification,
            inner.Loss,
            out Value? labels
        );
        Value loss = Descended(b, inner, values, mask, labels!);
        Complete(b, network, inner, values, loss, loss);
        return b.Graph;
    }

    /// <summary>
    /// <c>adapt-many.onnx</c>: one step of the inner rule for many users at once. All inputs and outputs of <see cref="Adapt"/> have a first dimension
    /// <c>users</c> here but frozen parameters, rates and the optimiser's step count, which all share. Null where the network has no such form.
    /// </summary>
    public static Graph? AdaptMany(NetworkGraphs network, InnerSpec inner, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        GraphBuilder one = new("adapt");
        (IReadOnlyDictionary<string, Value> forward, Value? mask) = Declare(
            one,
            network.Support,
            Anchored(network, inner),
            network.Parameters[^1].Name,
            classification,
            inner.Loss,
            out Value? labels
        );
        _ = one.Output(Descended(one, inner, forward, mask, labels!), "loss");
        foreach (StatisticSpec statistic in network.Statistics)
        {
            _ = one.Output(forward[statistic.Name], statistic.Name);
        }

        // The norm that gradients are clipped to is each user's own, which the update below does not know; and users who are adapted together take a step each
        // run, which is not so where a step is several updates.
        if (Vectorizer.Fault(one.Graph) is not null || inner.ClipNorm != 0 || inner.Batch != 0)
        {
            return null;
        }

        GraphBuilder b = new("adapt-many");
        HashSet<string> shared =
        [
            .. network.Parameters.Where(p => !inner.Adapts(p)).Select(p => p.Name),
            .. Anchored(network, inner).Select(p => GraphSignature.Anchor(p.Name)),
        ];
        Dictionary<string, Value> bindings = one.Graph.Inputs.ToDictionary(
            input => input.Name,
            input => b.Input(input.Name, input.Type, shared.Contains(input.Name) ? input.Shape : new Shape(["users", .. input.Shape])),
            StringComparer.Ordinal
        );
        IReadOnlyDictionary<string, Value> values;
        try
        {
            values = Vectorizer.Inline(b, one.Graph, bindings);
        }
        catch (UnvectorizableException)
        {
            return null;
        }

        Complete(b, network, inner, values, values["loss"], b.ReduceSum(values["loss"], keepDims: false));
        return Simplification.Run(b.Graph);
    }

    /// <summary>
    /// <c>accumulate.onnx</c>: a sum of gradients -> the sum with the gradient of a part of the examples, times their share of all. Null where examples depend on
    /// each other, or the rule takes them in parts already.
    /// </summary>
    public static Graph? Accumulate(NetworkGraphs network, InnerSpec inner, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        if (
            network.Normalization is Normalization.Batch or Normalization.Support
            || network.Statistics.Count > 0
            || inner.LearnsLoss
            || inner.Batch != 0
        )
        {
            return null;
        }

        GraphBuilder b = new("accumulate");
        (IReadOnlyDictionary<string, Value> values, Value? mask) = Declare(
            b,
            ConvolutionLowering.Run(network.Support),
            Anchored(network, inner),
            network.Parameters[^1].Name,
            classification,
            inner.Loss,
            out Value? labels
        );
        Value share = b.Parameter(GraphSignature.Share);
        Value[] adapted = [.. network.Parameters.Where(p => inner.Adapts(p)).Select(p => b.Graph.Input(p.Name))];
        Value[] sums = [.. DeclareSums(b, network, inner)];
        Value loss = Descended(b, inner, values, mask, labels!);
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, b.Mul(loss, share), adapted);
        _ = b.Output(loss, GraphSignature.Loss);
        foreach ((Value sum, Value gradient) in sums.Zip(gradients))
        {
            _ = b.Output(b.Add(sum, gradient), GraphSignature.Next(sum.Name));
        }

        return Simplification.Run(b.Graph);
    }

    /// <summary><c>update.onnx</c>: the inner rule's update by a sum of gradients.</summary>
    public static Graph Update(NetworkGraphs network, InnerSpec inner)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        GraphBuilder b = new("update");
        ParameterSpec[] adapted = [.. network.Parameters.Where(p => inner.Adapts(p))];
        Value[] parameters = [.. adapted.Select(p => b.Parameter(p.Name, p.Shape.Select(d => (long)d)))];
        Value[] anchors =
        [
            .. Anchored(network, inner).Select(p => b.Parameter(GraphSignature.Anchor(p.Name), p.Shape.Select(d => (long)d))),
        ];
        Value[] sums = [.. DeclareSums(b, network, inner)];
        Updated(b, inner, adapted, parameters, sums, anchors);
        return Simplification.Run(b.Graph);
    }

    private static IEnumerable<Value> DeclareSums(GraphBuilder b, NetworkGraphs network, InnerSpec inner) =>
        network.Parameters.Where(p => inner.Adapts(p)).Select(p => b.Parameter(GraphSignature.Sum(p.Name), p.Shape.Select(d => (long)d)));

    /// <summary>
    /// What ONNX Runtime Training trains: (x, y, mask?, parameters, statistics) -> (loss, statistics of the batch, gradients of the adapted parameters).
    /// Statistics are inputs without use here: the runtime wants the parameters of <see cref="Evaluation"/> in both.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="inner">The inner rule.</param>
    /// <param name="factors">What each gradient is multiplied by, where the session's one rate must serve parameters with several.</param>
    /// <param name="classification">Whether the model classifies.</param>
    public static Graph Training(NetworkGraphs network, InnerSpec inner, IReadOnlyList<float> factors, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(factors);
        GraphBuilder b = new("training");
        (IReadOnlyDictionary<string, Value> values, Value? mask) = Declare(
            b,
            network.Support,
            [],
            network.Parameters[^1].Name,
            classification,
            inner.Loss,
            out Value? labels
        );
        foreach (StatisticSpec statistic in network.Statistics)
        {
            _ = b.Parameter(statistic.Name, statistic.Shape.Select(d => (long)d));
        }

        Value loss = Descended(b, inner, values, mask, labels!);
        Value[] adapted = [.. network.Parameters.Where(p => inner.Adapts(p)).Select(p => b.Graph.Input(p.Name))];
        IReadOnlyList<Value> gradients = Differentiator.Gradients(b, loss, adapted);
        _ = b.Output(loss, "loss");
        foreach (StatisticSpec statistic in network.Statistics)
        {
            _ = b.Output(values[statistic.Name], statistic.Name + ".next");
        }

        foreach ((Value parameter, Value gradient, float factor) in adapted.Zip(gradients, factors))
        {
            _ = b.Output(factor == 1 ? gradient : b.Mul(gradient, factor), parameter.Name + ".gradient");
        }

        return Simplification.Run(b.Graph);
    }

    /// <summary>What ONNX Runtime Training evaluates, and exports for inference: (x, y, mask?, parameters, statistics) -> (loss, output); the loss is the one that adaptation descends.</summary>
    public static Graph Evaluation(NetworkGraphs network, InnerSpec inner, bool classification)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        GraphBuilder b = new("evaluation");
        (IReadOnlyDictionary<string, Value> values, Value? mask) = Declare(
            b,
            network.Infer,
            [],
            network.Parameters[^1].Name,
            classification,
            inner.Loss,
            out Value? labels
        );
        _ = b.Output(Descended(b, inner, values, mask, labels!), "loss");
        _ = b.Output(InnerLosses.Masked(b, values["output"], mask), "output");
        return Simplification.Run(b.Graph);
    }

    /// <summary><c>model.onnx</c>: x -> (output, features, scores?) with everything else baked in as constants.</summary>
    public static Graph Model(string name, NetworkGraphs network, bool classification, IReadOnlyDictionary<string, Tensor> weights)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(weights);
        GraphBuilder b = new(name);
        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        foreach (Value input in network.Infer.Inputs)
        {
            bindings[input.Name] = input.Name == "x" ? b.Input("x", input.Type, input.Shape) : b.Constant(weights[input.Name], input.Name);
        }

        Value? mask = classification ? b.Constant(weights["mask"], "mask") : null;
        IReadOnlyDictionary<string, Value> values = b.Inline(network.Infer, bindings);
        Value output = b.Output(InnerLosses.Masked(b, values["output"], mask), "output");
        _ = b.Output(values["features"], "features");
        if (classification)
        {
            _ = b.Output(b.Softmax(output), "scores");
        }

        // not simplified: weights that happen to be equal must keep their own names and places
        return b.Graph;
    }

    /// <summary>The parameters whose start the rule pulls back to.</summary>
    public static IReadOnlyList<ParameterSpec> Anchored(NetworkGraphs network, InnerSpec inner)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(inner);
        return inner.Proximal == 0 ? [] : [.. network.Parameters.Where(p => inner.Adapts(p))];
    }

    private static (IReadOnlyDictionary<string, Value> Values, Value? Mask) Declare(
        GraphBuilder b,
        Graph network,
        IReadOnlyList<ParameterSpec> anchored,
        string last,
        bool classification,
        string loss,
        out Value? labels
    )
    {
        bool labelled = b.Graph.Name is "adapt" or "accumulate" or "training" or "evaluation";
        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        Value? mask = null;
        labels = null;
        foreach (Value input in network.Inputs.Where(v => v.Name != GraphSignature.Labels))
        {
            bindings[input.Name] = b.Input(input.Name, input.Type, input.Shape);
            // behind the first input, which is the data
            if (ReferenceEquals(input, network.Inputs[0]))
            {
                Shape output = network.Output("output").Shape;
                labels = labelled ? InnerLosses.Labels(b, network, classification, loss) : null;
                if (labels is not null)
                {
                    bindings[GraphSignature.Labels] = labels;
                }

                mask = classification ? b.Input("mask", ElementType.Float, new Shape(output[1])) : null;
            }

            // behind the last parameter, before the statistics
            if (input.Name == last)
            {
                foreach (ParameterSpec parameter in anchored)
                {
                    _ = b.Parameter(GraphSignature.Anchor(parameter.Name), parameter.Shape.Select(d => (long)d));
                }
            }
        }

        return (b.Inline(network, bindings), mask);
    }

    /// <summary>Completes a graph that has its loss by the inner rule's update.</summary>
    private static void Complete(
        GraphBuilder b,
        NetworkGraphs network,
        InnerSpec inner,
        IReadOnlyDictionary<string, Value> values,
        Value loss,
        Value total
    )
    {
        ParameterSpec[] adapted = [.. network.Parameters.Where(p => inner.Adapts(p))];
        Value[] parameters = [.. adapted.Select(p => b.Graph.Input(p.Name))];
        Value[] anchors = inner.Proximal == 0 ? [] : [.. adapted.Select(p => b.Graph.Input(GraphSignature.Anchor(p.Name)))];
        _ = b.Output(loss, "loss");
        Updated(b, inner, adapted, parameters, null, anchors, total);
        foreach (StatisticSpec statistic in network.Statistics)
        {
            _ = b.Output(values[statistic.Name], statistic.Name + ".next");
        }
    }

    // The rule's update, by gradients that are given or those of a total.
    private static void Updated(
        GraphBuilder b,
        InnerSpec inner,
        ParameterSpec[] adapted,
        Value[] parameters,
        IReadOnlyList<Value>? gradients,
        Value[] anchors,
        Value? total = null
    )
    {
        IReadOnlyList<Value> state = Optimizers.DeclareState(b, inner.Rule(), parameters);
        Value[] rates =
        [
            .. adapted.Select(p => b.Parameter(GraphSignature.Rate(p.Name), inner.HasElementRates ? p.Shape.Select(d => (long)d) : [])),
        ];
        gradients ??= Differentiator.Gradients(b, total!, parameters);
        OptimizerStep step = InnerUpdate.Append(b, inner, parameters, gradients, anchors, rates, state);
        foreach ((Value before, Value after) in parameters.Concat(state).Zip(step.Parameters.Concat(step.State)))
        {
            _ = b.Output(after, before.Name + ".next");
        }
    }

    // What adaptation descends: the network's own loss, if it has one, else that of its outputs.
    private static Value Descended(GraphBuilder b, InnerSpec inner, IReadOnlyDictionary<string, Value> values, Value? mask, Value labels) =>
        values.TryGetValue(LearnedLoss.Output, out Value? learned)
            ? learned
            : InnerLosses.Append(b, inner.Loss, values["output"], labels, mask);
}
