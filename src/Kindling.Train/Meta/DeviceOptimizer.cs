using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>The update of <see cref="OuterOptimizer"/> on a device: everything learned lies there as one vector, so that a step is a handful of operations.</summary>
internal sealed class DeviceOptimizer : IDisposable
{
    private static readonly Scalar Beta1 = OuterOptimizer.Beta1;
    private static readonly Scalar Beta2 = OuterOptimizer.Beta2;
    private static readonly Scalar Rest1 = 1 - OuterOptimizer.Beta1;
    private static readonly Scalar Rest2 = 1 - OuterOptimizer.Beta2;
    private static readonly Scalar Epsilon = OuterOptimizer.Epsilon;
    private static readonly Scalar One = 1;
    private readonly AlgorithmSpec spec;
    private readonly IReadOnlyList<ParameterSpec> learned;

    public DeviceOptimizer(AlgorithmSpec spec, IReadOnlyList<ParameterSpec> learned, Device device)
    {
        this.spec = spec;
        this.learned = learned;
        using IDisposable scope = NewDisposeScope();
        long count = learned.Sum(p => (long)p.Count);
        Parameters = zeros(count, device: device).DetachFromDisposeScope();
        First = zeros(count, device: device).DetachFromDisposeScope();
        Second = zeros(count, device: device).DetachFromDisposeScope();
        long from = 0;
        Views =
        [
            .. learned.Select(p =>
                Parameters.narrow(0, (from += p.Count) - p.Count, p.Count).view([.. p.Shape.Select(d => (long)d)]).DetachFromDisposeScope()
            ),
        ];
    }

    /// <summary>Everything learned, one after the other.</summary>
    public Tensor Parameters { get; }

    /// <summary>First moments.</summary>
    public Tensor First { get; }

    /// <summary>Second moments.</summary>
    public Tensor Second { get; }

    /// <summary>The parameters in their shapes; a step writes to them.</summary>
    public IReadOnlyList<Tensor> Views { get; }

    /// <summary>Moves the parameters against the mean gradient.</summary>
    /// <param name="sum">The sum over the tasks, [all parameters]; is written to.</param>
    /// <param name="tasks">How many tasks it is of.</param>
    /// <param name="iteration">The iteration, counted from 0.</param>
    public void Step(Tensor sum, int tasks, int iteration)
    {
        using IDisposable scope = NewDisposeScope();
        using Scalar count = tasks;
        Tensor gradient = sum.div_(count);
        if (spec.ClipNorm != 0)
        {
            // as a value, so that nobody waits for the norm
            using Scalar bound = spec.ClipNorm;
            gradient = gradient.mul_(gradient.norm().reciprocal().mul(bound).clamp_max(One));
        }

        double rate = OuterOptimizer.Rate(spec, iteration);
        if (spec.OuterOptimizer == "sgd")
        {
            using Scalar way = -rate;
            _ = Parameters.add_(gradient, way);
            return;
        }

        using Scalar step = -rate / (1 - Math.Pow(OuterOptimizer.Beta1, iteration + 1));
        using Scalar correction = Math.Sqrt(1 - Math.Pow(OuterOptimizer.Beta2, iteration + 1));
        _ = First.mul_(Beta1).add_(gradient, Rest1);
        _ = Second.mul_(Beta2).addcmul_(gradient, gradient, Rest2);
        Tensor spread = Second.sqrt().div_(correction).add_(Epsilon, One);
        _ = Parameters.addcdiv_(First, spread, step);
    }

    /// <summary>One of the vectors as host data.</summary>
    public FloatTensor[] Read(Tensor vector)
    {
        float[] all = TorchTensors.ToHost(vector).Values;
        int from = 0;
        return [.. learned.Select(p => new FloatTensor([.. p.Shape], all[from..(from += p.Count)]))];
    }

    /// <summary>Fills one of the vectors.</summary>
    public static void Write(Tensor vector, IReadOnlyList<FloatTensor> values)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        float[] all = [.. values.SelectMany(v => v.Values)];
        _ = vector.copy_(TorchTensors.From(new FloatTensor([all.Length], all)));
    }

    public void Dispose()
    {
        foreach (Tensor tensor in Views.Append(Parameters).Append(First).Append(Second))
        {
            tensor.Dispose();
        }
    }
}
