using Kindling.Autodiff;
using Kindling.Graphs;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// The inner optimisers as one writes them by hand: in place, with as few operations as libtorch needs. Formulas as in
/// <see cref="Optimizers"/>. Used by one thread at a time.
/// </summary>
internal sealed class HandWrittenUpdate : IDisposable
{
    private readonly OptimizerRule rule;
    private readonly IReadOnlyList<Tensor> parameters;
    private readonly Tensor[] first;
    private readonly Tensor[] second;
    private readonly Scalar decay;
    private readonly Scalar momentum;
    private readonly Scalar beta1;
    private readonly Scalar beta2;
    private readonly Scalar rest1;
    private readonly Scalar rest2;
    private readonly Scalar epsilon;
    private int step;

    public HandWrittenUpdate(OptimizerRule rule, IReadOnlyList<Tensor> parameters)
    {
        this.rule = OptimizerRule.Kinds.Contains(rule.Kind)
            ? rule
            : throw new GraphException($"There is no hand-written comparison for optimiser '{rule.Kind}'.");
        this.parameters = parameters;
        first = rule.HasFirstMoment ? Zeros() : [];
        second = rule.HasSecondMoment ? Zeros() : [];
        // A temporary Scalar may be finalized while libtorch reads it; these live as long as this object.
        decay = rule.WeightDecay;
        momentum = rule.Momentum;
        beta1 = rule.Beta1;
        beta2 = rule.Beta2;
        rest1 = 1 - rule.Beta1;
        rest2 = 1 - rule.Beta2;
        epsilon = rule.Epsilon;
    }

    /// <summary>Forgets the state.</summary>
    public void Reset()
    {
        step = 0;
        foreach (Tensor state in first.Concat(second))
        {
            _ = state.zero_();
        }
    }

    /// <summary>Moves the parameters; gradients are off while it runs.</summary>
    /// <param name="gradients">One for each parameter.</param>
    /// <param name="rates">One for each parameter.</param>
    public void Apply(IList<Tensor> gradients, IReadOnlyList<double> rates)
    {
        step++;
        for (int i = 0; i < parameters.Count; i++)
        {
            bool decays = rule.WeightDecay != 0;
            Tensor gradient = decays && rule.Kind != "adamw" ? gradients[i].add(parameters[i], decay) : gradients[i];
            if (rule.HasSecondMoment)
            {
                Adam(i, gradient, rates[i], decays && rule.Kind == "adamw");
                continue;
            }

            using Scalar descent = -rates[i];
            Tensor direction = rule.HasFirstMoment ? first[i].mul_(momentum).add_(gradient, One) : gradient;
            _ = parameters[i].add_(direction, descent);
        }
    }

    public void Dispose()
    {
        foreach (Tensor state in first.Concat(second))
        {
            state.Dispose();
        }

        foreach (Scalar scalar in (Scalar[])[decay, momentum, beta1, beta2, rest1, rest2, epsilon])
        {
            scalar.Dispose();
        }
    }

    private static readonly Scalar One = 1;

    private void Adam(int i, Tensor gradient, double rate, bool decays)
    {
        using Scalar root = Math.Sqrt(1 - Math.Pow(rule.Beta2, step));
        using Scalar descent = -rate / (1 - Math.Pow(rule.Beta1, step));
        using Scalar shrink = 1 - (rate * rule.WeightDecay);
        if (decays)
        {
            _ = parameters[i].mul_(shrink);
        }

        _ = first[i].mul_(beta1).add_(gradient, rest1);
        _ = second[i].mul_(beta2).addcmul_(gradient, gradient, rest2);
        Tensor scale = second[i].sqrt().div_(root).add_(epsilon);
        _ = parameters[i].addcdiv_(first[i], scale, descent);
    }

    private Tensor[] Zeros() => [.. parameters.Select(p => zeros_like(p).detach().DetachFromDisposeScope())];
}
