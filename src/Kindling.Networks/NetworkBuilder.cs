using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>Writes one of a network's graphs layer by layer and keeps the list of its parameters and statistics.</summary>
internal sealed class NetworkBuilder
{
    private const float Epsilon = 1e-5f;
    private readonly Normalization mode;
    private readonly int groups;
    private readonly bool infer;
    private readonly List<ParameterSpec> parameters = [];
    private readonly List<(StatisticSpec Spec, Value Value)> statistics = [];
    private readonly Dictionary<string, Value> declared;
    private Value? context;

    /// <summary>Starts a graph.</summary>
    /// <param name="name">Name of the graph.</param>
    /// <param name="mode">Normalisation.</param>
    /// <param name="groups">Groups of group normalisation.</param>
    /// <param name="infer">Whether this is the inference graph.</param>
    /// <param name="x">Shape of the input without the batch.</param>
    /// <param name="order">Parameters to declare first, in order; null while they are being collected.</param>
    /// <param name="inputs">Statistics to declare after them.</param>
    public NetworkBuilder(
        string name,
        Normalization mode,
        int groups,
        bool infer,
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
        declared = (order ?? []).ToDictionary(
            p => p.Name,
            p => Builder.Parameter(p.Name, p.Shape.Select(d => (long)d)),
            StringComparer.Ordinal
        );
        foreach (StatisticSpec statistic in infer ? inputs ?? [] : [])
        {
            declared[statistic.Name] = Builder.Parameter(statistic.Name, statistic.Channels);
        }
    }

    public GraphBuilder Builder { get; }

    public Value X { get; }

    public IReadOnlyList<ParameterSpec> Parameters => parameters;

    public IReadOnlyList<StatisticSpec> Statistics => [.. statistics.Select(s => s.Spec)];

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

    /// <summary>A 3x3 convolution with padding 1; a bias only where no normalisation follows that would cancel it.</summary>
    public Value Conv(Value x, int filters, long stride, string name)
    {
        int channels = (int)x.Shape[1].Size;
        Value weight = Parameter(new($"{name}.weight", [filters, channels, 3, 3], InitialDistribution.He, channels * 9, false));
        Value? bias =
            mode == Normalization.None ? Parameter(new($"{name}.bias", [filters], InitialDistribution.Zeros, channels * 9, false)) : null;
        return Builder.Conv(x, weight, bias, [stride, stride], [1, 1, 1, 1]);
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

    /// <summary>What a linear layer makes of the context vector: [1, units].</summary>
    public Value FromContext(int length, int units, string name)
    {
        context ??= Parameter(new("context", [1, length], InitialDistribution.Zeros, length, false));
        Value weight = Parameter(new($"{name}.weight", [length, units], InitialDistribution.Uniform, length, false));
        return Builder.MatMul(context, weight);
    }

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
        Value mean = given ? b.Reshape(Statistic($"{name}.mean", channels, 0, null), perChannel) : b.ReduceMean(x, axes);
        Value difference = b.Sub(x, mean);
        Value variance = given
            ? b.Reshape(Statistic($"{name}.variance", channels, 1, null), perChannel)
            : b.ReduceMean(b.Mul(difference, difference), axes);
        if (mode == Normalization.Support && !infer)
        {
            _ = Statistic($"{name}.mean", channels, 0, b.Reshape(mean, channels));
            _ = Statistic($"{name}.variance", channels, 1, b.Reshape(variance, channels));
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

    private Value Statistic(string name, int channels, float initial, Value? computed)
    {
        Value value = computed ?? (declared.TryGetValue(name, out Value? input) ? input : Builder.Parameter(name, channels));
        statistics.Add((new(name, channels, initial), value));
        return value;
    }
}
