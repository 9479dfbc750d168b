using Kindling.Bundles;
using Kindling.Graphs;

namespace Kindling.TestSupport;

/// <content>The graphs, written by hand: what the runtime is tested against does not come from the exporter.</content>
internal static partial class TestBundles
{
    private static (Value Output, Value Features) Forward(GraphBuilder b, Values v)
    {
        v.Centred = v.Mean is null ? v.X : b.Sub(v.X, v.Mean);
        Value hidden = b.Tanh(b.Add(b.MatMul(v.Centred, v["body.w"]), v["body.b"]));
        Value logits = b.Add(b.MatMul(hidden, v["head.w"]), v["head.b"]);
        return (b.Where(b.Greater(v.Mask!, b.Scalar(0.5f)), logits, b.Scalar(-1e9f)), hidden);
    }

    private static Graph Infer(
        TestBundleOptions options,
        bool classification,
        int[] inputShape,
        int outputs,
        Dictionary<string, FloatTensor> theta,
        Func<GraphBuilder, Values, (Value Output, Value Features)> forward
    )
    {
        GraphBuilder b = new("infer");
        Values v = new(b.Input("x", ElementType.Float, Batch(inputShape))) { Mask = classification ? b.Parameter("mask", outputs) : null };
        foreach ((string name, FloatTensor tensor) in theta)
        {
            v[name] = b.Parameter(name, tensor.Shape.Select(size => (long)size));
        }

        v.Mean = options.Normalization switch
        {
            "support" => b.Parameter("mean", inputShape.Select(size => (long)size)),
            "batch" => b.ReduceMean(v.X, [0]),
            _ => null,
        };
        (Value output, Value features) = forward(b, v);
        b.Output(output, "output");
        b.Output(features, "features");
        return b.Graph;
    }

    private static Graph Model(
        TestBundleOptions options,
        bool classification,
        int[] inputShape,
        int outputs,
        Dictionary<string, FloatTensor> tensors,
        IEnumerable<string> parameters,
        Func<GraphBuilder, Values, (Value Output, Value Features)> forward
    )
    {
        GraphBuilder b = new("model");
        Value Stored(string name) =>
            b.Constant(Tensor.Of<float>(tensors[name].Values, [.. tensors[name].Shape.Select(size => (long)size)]), name);
        Values v = new(b.Input("x", ElementType.Float, Batch(inputShape)))
        {
            Mask = classification ? b.Constant(Tensor.Of<float>(Enumerable.Repeat(1f, outputs).ToArray(), outputs), "mask") : null,
        };
        foreach (string name in parameters)
        {
            v[name] = Stored(name);
        }

        v.Mean = options.Normalization switch
        {
            "support" => Stored("mean"),
            "batch" => b.ReduceMean(v.X, [0]),
            _ => null,
        };
        (Value output, Value features) = forward(b, v);
        b.Output(output, "output");
        b.Output(features, "features");
        if (classification)
        {
            b.Output(b.Softmax(output), "scores");
        }

        return b.Graph;
    }

    private static Graph Adapt(
        TestBundleOptions options,
        bool classification,
        int[] inputShape,
        int outputs,
        Dictionary<string, FloatTensor> theta,
        string[] adapted,
        Func<GraphBuilder, Values, (Value Loss, Dictionary<string, Value> Gradients)> backward
    )
    {
        GraphBuilder b = new("adapt");
        long[] SizesOf(string name) => [.. theta[name].Shape.Select(size => (long)size)];
        Values v = new(b.Input("x", ElementType.Float, Batch(inputShape)))
        {
            Y = classification ? b.Input("y", ElementType.Int64, new Shape("batch")) : b.Input("y", ElementType.Float, Batch([outputs])),
        };
        v.Mask = classification ? b.Parameter("mask", outputs) : null;
        foreach (string name in theta.Keys)
        {
            v[name] = b.Parameter(name, SizesOf(name));
        }

        bool momentum = options.Optimizer is "momentum";
        bool adam = options.Optimizer is "adam" or "adamw";
        Dictionary<string, Value> first =
            momentum || adam ? adapted.ToDictionary(name => name, name => b.Parameter($"{name}.m", SizesOf(name))) : [];
        Dictionary<string, Value> second = adam ? adapted.ToDictionary(name => name, name => b.Parameter($"{name}.v", SizesOf(name))) : [];
        Value? step = adam ? b.Parameter("step") : null;
        Dictionary<string, Value> rates = adapted.ToDictionary(
            name => name,
            name => options.FullRates ? b.Parameter($"{name}.rate", SizesOf(name)) : b.Parameter($"{name}.rate")
        );
        v.Mean = options.Normalization is "support" or "batch" ? b.ReduceMean(v.X, [0]) : null;
        (Value loss, Dictionary<string, Value> gradients) = backward(b, v);
        b.Output(loss, "loss");
        List<(string Name, Value Value)> state = [];
        Value? next = step is null ? null : b.Add(step, 1);
        foreach (string name in adapted)
        {
            Value g = gradients[name];
            Value update = g;
            if (momentum)
            {
                update = b.Add(b.Mul(first[name], 0.9), g);
                state.Add(($"{name}.m", update));
            }
            else if (adam)
            {
                Value m = b.Add(b.Mul(first[name], 0.9), b.Mul(g, 0.1));
                Value s = b.Add(b.Mul(second[name], 0.999), b.Mul(b.Mul(g, g), 0.001));
                state.Add(($"{name}.m", m));
                state.Add(($"{name}.v", s));
                Value mHat = b.Div(m, b.Sub(b.Scalar(1), b.Pow(b.Scalar(0.9f), next!)));
                Value sHat = b.Div(s, b.Sub(b.Scalar(1), b.Pow(b.Scalar(0.999f), next!)));
                update = b.Div(mHat, b.Add(b.Sqrt(sHat), 1e-8));
            }

            b.Output(b.Sub(v[name], b.Mul(rates[name], update)), $"{name}.next");
        }

        foreach ((string name, Value value) in state)
        {
            b.Output(value, $"{name}.next");
        }

        if (next is not null)
        {
            b.Output(next, "step.next");
        }

        if (options.Normalization == "support")
        {
            b.Output(b.Squeeze(v.Mean!, 0), "mean.next");
        }

        return b.Graph;
    }

    private static Shape Batch(int[] shape) => new([Dimension.Named("batch"), .. shape.Select(size => Dimension.Of(size))]);

    private sealed class Values(Value x)
    {
        private readonly Dictionary<string, Value> _parameters = [];

        public Value X => x;

        public Value? Y { get; init; }

        public Value? Mask { get; set; }

        public Value? Mean { get; set; }

        public Value? Centred { get; set; }

        public Value this[string name]
        {
            get => _parameters[name];
            set => _parameters[name] = value;
        }
    }
}
