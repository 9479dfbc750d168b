using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// The adaptation step as one writes it by hand for libtorch: loss, <c>autograd.grad</c> without a graph of the gradients, update in place. Used
/// by one thread at a time.
/// </summary>
internal sealed class HandWrittenStep : IDisposable
{
    private readonly HandWrittenNetwork network;
    private readonly HandWrittenUpdate update;
    private readonly IReadOnlyDictionary<string, FloatTensor> start;
    private readonly double[][] rates;
    private readonly bool classification;
    private readonly bool detects;
    private readonly bool acts;
    private readonly Tensor[] adapted;
    private readonly Device device;
    private Tensor x;
    private Tensor y;

    /// <summary>A step of a network.</summary>
    /// <param name="recipe">Network and inner rule.</param>
    /// <param name="graphs">The network as the catalogue builds it from the recipe.</param>
    /// <param name="theta">Parameters to start from, and <c>NAME.rate</c> for the adapted ones: one rate a step.</param>
    /// <param name="classification">Whether the loss is the cross entropy, else that of a detector or of a policy, or the mean squared error.</param>
    /// <param name="device">Where libtorch computes; null: on the processor.</param>
    /// <exception cref="BundleException">A rate is of a kind that the comparison does not know.</exception>
    public HandWrittenStep(
        Recipe recipe,
        NetworkGraphs graphs,
        IReadOnlyDictionary<string, FloatTensor> theta,
        bool classification,
        Device? device = null
    )
    {
        _ = TorchNatives.Load();
        this.classification = classification;
        detects = recipe.Network.FindsObjects();
        acts = recipe.Inner.Loss == InnerLosses.PolicyGradient;
        this.device = device ?? CPU;
        start = theta;
        Names = [.. graphs.Parameters.Where(p => recipe.Inner.Adapts(p)).Select(p => p.Name)];
        rates = [.. Names.Select(name => Rates(theta, name))];
        network = new HandWrittenNetwork(recipe.Network, graphs, this.device);
        network.Load(theta);
        adapted = [.. Names.Select(name => network[name].requires_grad_())];
        update = new HandWrittenUpdate(recipe.Inner.Rule(), adapted);
        x = zeros(0).DetachFromDisposeScope();
        y = zeros(0).DetachFromDisposeScope();
    }

    /// <summary>The adapted parameters.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Takes a support set and goes back to the start.</summary>
    public void Begin(SupportSet support)
    {
        x.Dispose();
        y.Dispose();
        using IDisposable scope = NewDisposeScope();
        x = TorchTensors.From(support.Inputs).to(device).DetachFromDisposeScope();
        y = (classification ? tensor([.. support.Labels!.Select(l => (long)l)]) : TorchTensors.From(support.Targets!))
            .to(device)
            .DetachFromDisposeScope();
        network.Load(start);
        update.Reset();
    }

    /// <summary>Takes over the adapted parameters, and keeps the state of the optimiser.</summary>
    public void MoveTo(IReadOnlyDictionary<string, FloatTensor> parameters) => network.Load(parameters);

    /// <summary>Runs a step.</summary>
    /// <param name="step">Its number, from 0: it chooses the rates.</param>
    /// <returns>The loss before it.</returns>
    public float Run(int step)
    {
        using IDisposable scope = NewDisposeScope();
        Tensor loss = Loss();
        IList<Tensor> gradients = autograd.grad([loss], adapted);
        using (no_grad())
        {
            update.Apply(gradients, Array.ConvertAll(rates, r => r[Math.Min(step, r.Length - 1)]));
        }

        return loss.item<float>();
    }

    /// <summary>The adapted parameters now, in the layout of the catalogue.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Parameters() => Names.ToDictionary(name => name, network.Read, StringComparer.Ordinal);

    public void Dispose()
    {
        network.Dispose();
        update.Dispose();
        x.Dispose();
        y.Dispose();
    }

    private static double[] Rates(IReadOnlyDictionary<string, FloatTensor> theta, string name)
    {
        FloatTensor? rate = theta.GetValueOrDefault(name + ".rate");
        return rate?.Rank == 1
            ? [.. rate.Values.Select(v => (double)v)]
            : throw new BundleException(
                $"The hand-written comparison takes one rate a step for '{name}', got {rate?.ToString() ?? "none"}."
            );
    }

    private Tensor Loss()
    {
        Tensor output = network.Forward(x);
        return classification ? F.cross_entropy(output, y)
            : detects ? HandWrittenDetection.Loss(output, y)
            : acts ? HandWrittenPolicy.Loss(output, y)
            : F.mse_loss(output, y);
    }
}
