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
    private static readonly Scalar None = 0;
    private readonly AlgorithmSpec spec;
    private readonly IReadOnlyList<ParameterSpec> learned;
    private readonly int[] rates;

    public DeviceOptimizer(AlgorithmSpec spec, IReadOnlyList<ParameterSpec> learned, Device device)
    {
        this.spec = spec;
        this.learned = learned;
        rates = OuterOptimizer.RatesOf(learned);
        using IDisposable scope = NewDisposeScope();
        long count = learned.Sum(p => (long)p.Count);
        Parameters = zeros(count, device: device).DetachFromDisposeScope();
        First = zeros(count, device: device).DetachFromDisposeScope();
        Second = zeros(count, device: device).DetachFromDisposeScope();
        Views = [.. Split(Parameters).Select(view => view.DetachFromDisposeScope())];
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
        using Scalar way = -rate;
        if (spec.OuterOptimizer == "sgd")
        {
            _ = Parameters.add_(gradient, way);
            return;
        }

        if (spec.OuterOptimizer == "rates")
        {
            StepAtRates(gradient, way);
            return;
        }

        using Scalar step = -rate / (1 - Math.Pow(OuterOptimizer.Beta1, iteration + 1));
        using Scalar correction = Math.Sqrt(1 - Math.Pow(OuterOptimizer.Beta2, iteration + 1));
        _ = First.mul_(Beta1).add_(gradient, Rest1);
        _ = Second.mul_(Beta2).addcmul_(gradient, gradient, Rest2);
        Tensor spread = Second.sqrt().div_(correction).add_(Epsilon, One);
        _ = Parameters.addcdiv_(First, spread, step);
    }

    // The rates first, and not below 0; then what they belong to, at the new ones.
    private void StepAtRates(Tensor gradient, Scalar way)
    {
        Tensor[] parts = [.. Split(gradient)];
        foreach (int p in Enumerable.Range(0, parts.Length).OrderByDescending(rates.Contains))
        {
            _ = rates[p] < 0 ? Views[p].add_(parts[p], way) : Views[p].sub_(parts[p].mul(Views[rates[p]].view(Views[p].shape)));
            if (rates.Contains(p))
            {
                _ = Views[p].clamp_min_(None);
            }
        }
    }

    private IEnumerable<Tensor> Split(Tensor vector)
    {
        long from = 0;
        return learned.Select(p => vector.narrow(0, (from += p.Count) - p.Count, p.Count).view([.. p.Shape.Select(d => (long)d)]));
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
