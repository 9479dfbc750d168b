using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// The networks of the catalogue as one writes them by hand with <c>torch.nn.functional</c>: fused normalisations, weights of linear layers as
/// <c>[units, features]</c>. It owns its parameters; layers hold on to the tensors, whose values change in place. Used by one thread at a time.
/// </summary>
internal sealed class HandWrittenNetwork : IDisposable
{
    private const double Epsilon = 1e-5;
    private readonly NetworkSpec spec;
    private readonly IReadOnlyList<ParameterSpec> parameters;
    private readonly Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
    private readonly List<Tensor> running = [];
    private readonly List<Func<Tensor, Func<string, Tensor>, Tensor>> layers = [];

    /// <summary>Writes the network that the catalogue builds from the same description, on a device; all parameters are 0.</summary>
    public HandWrittenNetwork(NetworkSpec spec, NetworkGraphs network, Device device)
    {
        this.spec = spec;
        parameters = network.Parameters;
        foreach (ParameterSpec parameter in parameters)
        {
            long[] shape = [.. parameter.Shape.Select(d => (long)d)];
            tensors[parameter.Name] = zeros(IsLinearWeight(parameter) ? [shape[1], shape[0]] : shape, device: device)
                .DetachFromDisposeScope();
        }

        switch (spec.Type)
        {
            case "linear":
                layers.Add((x, _) => x.flatten(1));
                break;
            case "mlp":
                AddAllHidden();
                break;
            case "policy" when spec.Context == 0:
                AddAllHidden();
                AddLinear("mean");
                layers.Add((means, p) => cat([means, p("deviation").expand_as(means)], 1));
                return;
            case "conv4":
                for (int i = 1; i <= 4; i++)
                {
                    AddConvolution($"conv{i}", spec.Downsample == "pool" ? 1 : 2);
                }

                layers.Add((x, _) => x.mean([2, 3]));
                break;
            case "detector" when spec.Backbone is null or "conv4":
                for (int i = 1; i <= 4; i++)
                {
                    AddConvolution($"conv{i}", i < 4 ? 2 : 1);
                }

                AddConvolution("neck", 1);
                AddCells();
                return;
            default:
                throw new GraphException($"There is no hand-written comparison for network '{spec.Type}'.");
        }

        AddLinear("head");
    }

    /// <summary>Whether there is a hand-written network of a description.</summary>
    public static bool Has(NetworkSpec spec) =>
        spec is { Type: "linear" or "mlp" or "conv4" } or { Type: "policy", Context: 0 } or { Type: "detector", Backbone: null or "conv4" };

    /// <summary>The parameter of that name, of whatever layout libtorch likes best.</summary>
    public Tensor this[string name] => tensors[name];

    /// <summary>x <c>[batch, ...]</c> to the output <c>[batch, outputs]</c>, of a detector <c>[batch, cells, 5 + slots]</c>.</summary>
    public Tensor Forward(Tensor x) => Forward(x, name => tensors[name]);

    /// <summary>The same with other parameters than its own, in the layout of its own.</summary>
    public Tensor Forward(Tensor x, Func<string, Tensor> parameter)
    {
        foreach (Func<Tensor, Func<string, Tensor>, Tensor> layer in layers)
        {
            x = layer(x, parameter);
        }

        return x;
    }

    /// <summary>Takes over values, all of the parameters or some.</summary>
    public void Load(IReadOnlyDictionary<string, FloatTensor> values)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        foreach (ParameterSpec parameter in parameters.Where(p => values.ContainsKey(p.Name)))
        {
            Tensor value = TorchTensors.From(values[parameter.Name]);
            _ = tensors[parameter.Name].copy_(IsLinearWeight(parameter) ? value.t() : value);
        }
    }

    /// <summary>A parameter's values in the layout of the catalogue.</summary>
    public FloatTensor Read(string name)
    {
        using IDisposable scope = NewDisposeScope();
        ParameterSpec parameter = parameters.First(p => p.Name == name);
        return TorchTensors.ToHost(IsLinearWeight(parameter) ? tensors[name].t() : tensors[name]);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in tensors.Values.Concat(running))
        {
            tensor.Dispose();
        }
    }

    private static bool IsLinearWeight(ParameterSpec parameter) => parameter.Shape.Count == 2;

    private void AddLinear(string name)
    {
        string weight = $"{name}.weight";
        string bias = $"{name}.bias";
        layers.Add((x, p) => F.linear(x, p(weight), p(bias)));
    }

    private void AddAllHidden()
    {
        layers.Add((x, _) => x.flatten(1));
        for (int i = 1; i <= spec.Hidden.Count; i++)
        {
            AddHidden($"hidden{i}");
        }
    }

    private void AddHidden(string name)
    {
        AddLinear(name);
        if (spec.Normalization == Normalization.Layer)
        {
            string scale = $"{name}.norm.scale";
            string shift = $"{name}.norm.shift";
            long[] shape = tensors[scale].shape;
            layers.Add((x, p) => F.layer_norm(x, shape, p(scale), p(shift), Epsilon));
        }

        layers.Add((x, _) => F.relu(x));
    }

    // each cell by itself: objectness, edges, classes
    private void AddCells()
    {
        layers.Add((x, _) => x.flatten(2).transpose(1, 2));
        layers.Add(
            (x, p) =>
            {
                Tensor located = F.linear(x, p("locate.weight"), p("locate.bias"));
                Tensor classes = F.linear(x, p("head.weight"), p("head.bias"));
                return cat([located.narrow(2, 0, 1), F.softplus(located.narrow(2, 1, 4)), classes], 2);
            }
        );
    }

    private void AddConvolution(string name, long stride)
    {
        bool pool = spec.Type == "conv4" && spec.Downsample == "pool";
        string weight = $"{name}.weight";
        string? bias = tensors.ContainsKey($"{name}.bias") ? $"{name}.bias" : null;
        long[] strides = [stride, stride];
        long[] padding = [1, 1];
        layers.Add((x, p) => F.conv2d(x, p(weight), bias is null ? null : p(bias), strides, padding));
        AddNormalization($"{name}.norm");
        layers.Add((x, _) => F.relu(x));
        if (pool)
        {
            long[] window = [2, 2];
            layers.Add((x, _) => F.max_pool2d(x, window, window));
        }
    }

    private void AddNormalization(string name)
    {
        if (spec.Normalization == Normalization.None)
        {
            return;
        }

        string scale = $"{name}.scale";
        string shift = $"{name}.shift";
        if (spec.Normalization is Normalization.Group or Normalization.Layer)
        {
            // one group is normalisation over channels and space with a scale for each channel
            long groups = spec.Normalization == Normalization.Layer ? 1 : spec.Groups;
            layers.Add((x, p) => F.group_norm(x, groups, p(scale), p(shift), Epsilon));
            return;
        }

        // TorchSharp wants running statistics even where nothing reads them
        Tensor mean = zeros_like(tensors[scale]).DetachFromDisposeScope();
        Tensor variance = ones_like(tensors[scale]).DetachFromDisposeScope();
        running.AddRange([mean, variance]);
        layers.Add((x, p) => F.batch_norm(x, mean, variance, p(scale), p(shift), training: true, eps: Epsilon));
    }
}
