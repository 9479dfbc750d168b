using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>Writes one of a network's graphs layer by layer and keeps the list of its parameters and statistics.</summary>
internal sealed partial class NetworkBuilder
{
    private const float Epsilon = 1e-5f;
    private readonly Normalization mode;
    private readonly int groups;
    private readonly bool infer;
    private readonly Value? labels;
    private readonly List<ParameterSpec> parameters = [];
    private readonly List<(StatisticSpec Spec, Value Value)> statistics = [];
    private readonly Dictionary<string, Value> declared;
    private Value? context;

    /// <summary>Starts a graph.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="mode">Normalisation.</param>
    /// <param name="groups">Groups of group normalisation.</param>
    /// <param name="infer">Whether this is the inference graph.</param>
    /// <param name="labelled">Whether the support graph reads class numbers.</param>
    /// <param name="x">Shape of the input without the batch.</param>
    /// <param name="order">Parameters to declare first, in order; null while they are being collected.</param>
    /// <param name="inputs">Statistics to declare after them.</param>
    public NetworkBuilder(
        string name,
        Normalization mode,
        int groups,
        bool infer,
        bool labelled,
        IReadOnlyList<int> x,
        IReadOnlyList<ParameterSpec>? order,
        IReadOnlyList<StatisticSpec>? inputs
    )
    {
        this.mode = mode;
        this.groups = groups;
        this.infer = infer;
        Builder = new GraphBuilder(name);
        X = Builder.Input("x", ElementType.Float, new Shape(["batch", .. x.Select(d => Dimension.Of(d))]));
        labels = labelled && !infer ? Builder.Input("y", ElementType.Int64, new Shape("batch")) : null;
        declared = (order ?? []).ToDictionary(
            p => p.Name,
            p => Builder.Parameter(p.Name, p.Shape.Select(d => (long)d)),
            StringComparer.Ordinal
        );
        foreach (StatisticSpec statistic in infer ? inputs ?? [] : [])
        {
            declared[statistic.Name] = Builder.Parameter(statistic.Name, statistic.Shape.Select(d => (long)d));
        }
    }

    public GraphBuilder Builder { get; }

    public Value X { get; }

    public IReadOnlyList<ParameterSpec> Parameters => parameters;

    public IReadOnlyList<StatisticSpec> Statistics => [.. statistics.Select(s => s.Spec)];

    /// <summary>The input as [batch, F].</summary>
    public Value Flat() => X.Rank == 2 ? X : Builder.Flatten(X);

    /// <summary>The last layer: features [batch, F] -> [batch, outputs].</summary>
    public Value Head(NetworkSpec spec, Value features, int outputs) =>
        spec.Head == "prototypes"
            ? PrototypeHead(features, outputs)
            : Dense(features, outputs, "head", InitialDistribution.Uniform, isHead: true);

    /// <summary>A parameter with the values that it starts from.</summary>
    public Value Given(string name, Tensor start) =>
        Parameter(
            new(name, [.. start.Sizes.Select(d => checked((int)d))], InitialDistribution.Given, FanIn: 1, IsHead: false)
            {
                Start = start.AsSpan<float>().ToArray(),
            }
        );

    /// <summary>A fully connected layer: x [batch, F] -> [batch, units]; weight [F, units].</summary>
    public Value Dense(Value x, int units, string name, InitialDistribution initial, bool isHead = false)
    {
        int features = (int)x.Shape[1].Size;
        Value weight = Parameter(new($"{name}.weight", [features, units], initial, features, isHead));
        // A hidden layer whose units all start with their kink at 0 learns curves slowly.
        InitialDistribution spread = isHead ? InitialDistribution.Zeros : InitialDistribution.Uniform;
        Value bias = Parameter(new($"{name}.bias", [units], spread, features, isHead));
        return Builder.Gemm(x, weight, bias);
    }

    /// <summary>
    /// A fully connected layer at each position: x [batch, positions, F] -> [batch, positions, units]; with a bias that starts from given values, or that of a head.
    /// </summary>
    public Value Dense(Value x, int units, string name, Tensor? start)
    {
        int features = (int)x.Shape[2].Size;
        bool isHead = start is null;
        Value weight = Parameter(new($"{name}.weight", [features, units], InitialDistribution.Uniform, features, isHead));
        Value bias = start is null
            ? Parameter(new($"{name}.bias", [units], InitialDistribution.Zeros, features, isHead))
            : Given($"{name}.bias", start);
        return Builder.Add(Builder.MatMul(x, weight), bias);
    }

    /// <summary>A 3x3 convolution with padding 1; a bias only where no normalisation follows that would cancel it.</summary>
    public Value Conv(Value x, int filters, long stride, string name) => Conv(x, filters, [3, 3], name, stride);

    /// <summary>A convolution whose output is as large as its input, divided by the stride and rounded up; a bias as above.</summary>
    public Value Conv(Value x, int filters, IReadOnlyList<int> kernel, string name, long stride = 1, int group = 1)
    {
        long[] before = [.. kernel.Select((size, i) => Around(size, x.Shape[i + 2].Size) / 2)];
        long[] after = [.. kernel.Select((size, i) => Around(size, x.Shape[i + 2].Size) - before[i])];
        return Convolution(x, filters, kernel, name, [stride, stride], [.. before, .. after], null, group);

        // of an odd kernel half of it on each side, whatever the stride, as has always been
        long Around(int size, long length) => size % 2 == 1 ? size - 1 : Math.Max(0, ((length - 1) / stride * stride) + size - length);
    }

    private Value Convolution(
        Value x,
        int filters,
        IReadOnlyList<int> kernel,
        string name,
        long[] strides,
        long[] pads,
        long[]? dilations,
        int group
    )
    {
        int channels = (int)x.Shape[1].Size / group;
        int fanIn = kernel.Aggregate(channels, (product, size) => product * size);
        Value weight = Parameter($"{name}.weight", [filters, channels, .. kernel], InitialDistribution.He, fanIn);
        Value? bias = mode == Normalization.None ? Parameter($"{name}.bias", [filters], InitialDistribution.Zeros, fanIn) : null;
        return Builder.Conv(x, weight, bias, strides, pads, dilations, group);
    }

    /// <summary>
    /// A head that is made of class prototypes, the means mu of a class's features: features [batch, F] -> [batch, slots], x (2 mu) - |mu|^2, which is the
    /// squared distance to each up to a number that all share (Snell et al. 2017, equation 8), plus offsets of weight and bias, 0 before adaptation
    /// (Triantafillou et al. 2020, section 4). A slot without examples has the prototype 0.
    /// </summary>
    public Value PrototypeHead(Value features, int slots)
    {
        GraphBuilder b = Builder;
        int size = (int)features.Shape[1].Size;
        Value weight = Parameter(new("head.weight", [size, slots], InitialDistribution.Zeros, size, true) { IsFixed = true });
        Value bias = Parameter(new("head.bias", [slots], InitialDistribution.Zeros, size, true) { IsFixed = true });
        StatisticSpec spec = new("head.prototypes", [size, slots], 0, FromLabels: true);
        Value means = infer ? Statistic(spec, null) : Statistic(spec, ClassMeans(features, slots));
        Value whole = b.Add(b.Mul(means, 2), weight);
        return b.Gemm(features, whole, b.Sub(bias, b.ReduceSum(b.Mul(means, means), [0], keepDims: false)));
    }

    /// <summary>A linear layer that starts as the identity and has no bias: x [batch, F] or [batch, C, H, W], a 1x1 convolution there.</summary>
    public Value Warp(Value x, string name)
    {
        int size = (int)x.Shape[1].Size;
        if (x.Rank == 2)
        {
            return Builder.MatMul(x, Parameter(new($"{name}.weight", [size, size], InitialDistribution.Identity, size, false)));
        }

        return Builder.Conv(x, Parameter(new($"{name}.weight", [size, size, 1, 1], InitialDistribution.Identity, size, false)));
    }

    /// <summary>Multiplies features by the sigmoid of what a linear layer makes of other ones; both [batch, F].</summary>
    public Value Gated(Value features, Value by, string name) =>
        Builder.Mul(features, Builder.Sigmoid(Dense(by, (int)features.Shape[1].Size, name, InitialDistribution.Uniform)));

    /// <summary>What a linear layer makes of the context vector: [1, units].</summary>
    public Value FromContext(int length, int units, string name)
    {
        context ??= Parameter(new("context", [1, length], InitialDistribution.Zeros, length, false) { IsFixed = true });
        Value weight = Parameter(new($"{name}.weight", [length, units], InitialDistribution.Uniform, length, false));
        return Builder.MatMul(context, weight);
    }

    /// <summary>A first layer before its activation [batch, units] whose input the context, where there is one, stands beside.</summary>
    public Value BesideContext(Value before, NetworkSpec spec) =>
        spec.Context > 0 ? Builder.Add(before, FromContext(spec.Context, spec.Hidden[0], "context.dense")) : before;

    /// <summary>Scales and shifts the channels of x [batch, C, H, W] by what the context says; not at all while it is 0.</summary>
    public Value Modulate(Value x, int length, string name)
    {
        int channels = (int)x.Shape[1].Size;
        long[] perChannel = [1, channels, 1, 1];
        Value scale = Builder.Add(Builder.Reshape(FromContext(length, channels, $"{name}.scale"), perChannel), 1);
        Value shift = Builder.Reshape(FromContext(length, channels, $"{name}.shift"), perChannel);
        return Builder.Add(Builder.Mul(x, scale), shift);
    }

    /// <summary>Normalises x [batch, C, ...] with a scale and a shift per channel.</summary>
    public Value Normalize(Value x, string name)
    {
        if (mode == Normalization.None)
        {
            return x;
        }

        GraphBuilder b = Builder;
        int channels = (int)x.Shape[1].Size;
        long[] perChannel = [1, channels, .. Enumerable.Repeat(1L, x.Rank - 2)];
        Value scale = Parameter(new($"{name}.scale", [channels], InitialDistribution.Ones, channels, false));
        Value shift = Parameter(new($"{name}.shift", [channels], InitialDistribution.Zeros, channels, false));
        if (mode is Normalization.Group or Normalization.Layer)
        {
            long count = mode == Normalization.Layer ? 1 : groups;
            Value grouped = b.Reshape(x, [0, count, -1]);
            Value centred = b.Sub(grouped, b.ReduceMean(grouped, [2]));
            Value unit = b.Div(centred, b.Sqrt(b.Add(b.ReduceMean(b.Mul(centred, centred), [2]), Epsilon)));
            long[] shape = [0, .. x.Shape.Skip(1).Select(d => d.Size)];
            return b.Add(b.Mul(b.Reshape(unit, shape), b.Reshape(scale, perChannel)), b.Reshape(shift, perChannel));
        }

        long[] axes = [0, .. Enumerable.Range(2, x.Rank - 2).Select(a => (long)a)];
        bool given = mode == Normalization.Support && infer;
        Value mean = given ? b.Reshape(Statistic(new($"{name}.mean", [channels], 0), null), perChannel) : b.ReduceMean(x, axes);
        Value difference = b.Sub(x, mean);
        Value variance = given
            ? b.Reshape(Statistic(new($"{name}.variance", [channels], 1), null), perChannel)
            : b.ReduceMean(b.Mul(difference, difference), axes);
        if (mode == Normalization.Support && !infer)
        {
            _ = Statistic(new($"{name}.mean", [channels], 0), b.Reshape(mean, channels));
            _ = Statistic(new($"{name}.variance", [channels], 1), b.Reshape(variance, channels));
        }

        Value factor = b.Div(b.Reshape(scale, perChannel), b.Sqrt(b.Add(variance, Epsilon)));
        return b.Add(b.Mul(difference, factor), b.Reshape(shift, perChannel));
    }

    /// <summary>The finished graph.</summary>
    public Graph Finish(Value output, Value features)
    {
        _ = Builder.Output(output, "output");
        _ = Builder.Output(features, "features");
        foreach ((StatisticSpec spec, Value value) in infer ? [] : statistics)
        {
            _ = Builder.Output(value, spec.Name);
        }

        return Builder.Graph;
    }

    private Value Parameter(ParameterSpec spec)
    {
        parameters.Add(spec);
        return declared.TryGetValue(spec.Name, out Value? value) ? value : Builder.Parameter(spec.Name, spec.Shape.Select(d => (long)d));
    }

    private Value Statistic(StatisticSpec spec, Value? computed)
    {
        Value value =
            computed
            ?? (declared.TryGetValue(spec.Name, out Value? input) ? input : Builder.Parameter(spec.Name, spec.Shape.Select(d => (long)d)));
        statistics.Add((spec, value));
        return value;
    }

    // [F, slots]
    private Value ClassMeans(Value features, int slots)
    {
        GraphBuilder b = Builder;
        Value numbers = b.Constant(Tensor.Of<long>([.. Enumerable.Range(0, slots).Select(i => (long)i)], 1, slots));
        Value members = b.Cast(b.Equal(b.Unsqueeze(labels!, 1), numbers), ElementType.Float);
        Value counts = b.Max(b.ReduceSum(members, [0]), b.Scalar(1));
        return b.Div(b.MatMul(b.Transpose(features, 1, 0), members), counts);
    }
}
