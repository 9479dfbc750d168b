using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// MAML++ (Antoniou, Edwards and Storkey 2019): rates for every parameter and step, learned (its section 4, "LSLR"); the query loss after every step counts
/// in the first share of the iterations ("MSL"), whose weights go from equal to the last step's alone; and inner gradients are constants in a first share, if
/// asked for ("DA"). The cosine schedule is the recipe's; statistics are those of each step's batch as the network's normalisation has them.
/// </summary>
/// <remarks>Departures: scale and shift of normalisations are the same in all steps, and no ensemble is made of checkpoints.</remarks>
internal sealed class MamlPlusPlus(Objective objective, InnerLoop inner, Recipe recipe)
    : MetaAlgorithm(objective, inner, recipe.Inner.Steps)
{
    private const int FirstOrder = 1;

    // What of the weight 1 / steps a step before the last keeps at least, while they count at all.
    private const float Least = 0.03f;
    private readonly AlgorithmSpec spec = recipe.Algorithm;
    private readonly Graph weighted = Weighted(recipe.Inner.Steps);
    private readonly Graph[] shares = [.. Enumerable.Range(0, recipe.Inner.Steps).Select(k => Share(recipe.Inner.Steps, k))];

    /// <inheritdoc/>
    public override GradientKind Kind => spec.FirstOrder > 0 ? GradientKind.ConstantInner : ThroughSteps;

    /// <inheritdoc/>
    public override Phase At(int iteration)
    {
        int variant = iteration < spec.FirstOrder * spec.Iterations ? FirstOrder : 0;
        double length = spec.MultiStep * spec.Iterations;
        if (Steps == 1 || iteration >= length)
        {
            return new Phase(variant, []);
        }

        float equal = 1f / Steps;
        float early = Math.Max(equal * (float)(1 - (iteration / length)), Least * equal);
        return new Phase(variant, [.. Enumerable.Repeat(early, Steps - 1), 1 - ((Steps - 1) * early)]);
    }

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        List<T> losses = [];
        InnerFlow flow = phase.Variant == FirstOrder ? InnerFlow.FirstOrder : InnerFlow.Exact;
        bool all = phase.Weights.Length > 0;
        if (flow == InnerFlow.Exact && Inner.Recomputes)
        {
            return Again(tape, learned, task, weights, all);
        }

        _ = Inner.Run(
            tape,
            learned,
            task.SupportX,
            task.SupportY,
            Steps,
            flow,
            (k, phi) =>
            {
                if (all || k == Steps - 1)
                {
                    losses.Add(QueryLoss(tape, task, [.. phi]));
                }
            }
        );
        T loss = all ? tape.Run(weighted, [.. losses, weights!])[0] : losses[0];
        return (tape.Gradients(loss, learned, differentiable: false), loss);
    }

    // The same with steps that are computed again: what a step's loss counts is taken after the step.
    private (T[] Gradient, T Loss) Again<T>(ITape<T> tape, IReadOnlyList<T> learned, TaskValues<T> task, T? weights, bool all)
    {
        int updates = UpdatesPerStep(tape, task);
        return Inner.Gradient(
            tape,
            learned,
            task.SupportX,
            task.SupportY,
            Steps,
            (u, phi) =>
            {
                (int k, int within) = Math.DivRem(u - 1, updates);
                if (within != updates - 1 || !(all || k == Steps - 1))
                {
                    return default;
                }

                T loss = QueryLoss(tape, task, phi);
                return all ? tape.Run(shares[k], loss, weights!)[0] : loss;
            }
        );
    }

    private static Graph Share(int steps, int k)
    {
        GraphBuilder b = new("share");
        Value loss = b.Parameter("loss");
        _ = b.Output(b.Mul(loss, b.Gather(b.Parameter("weights", steps), b.Constant(Graphs.Tensor.Scalar((long)k)))));
        return b.Graph;
    }

    private static Graph Weighted(int steps)
    {
        GraphBuilder b = new("weighted");
        Value[] losses = [.. Enumerable.Range(0, steps).Select(k => b.Parameter($"loss{k}"))];
        Value weights = b.Parameter("weights", steps);
        Value sum = losses.Select((loss, k) => b.Mul(loss, b.Gather(weights, b.Constant(Graphs.Tensor.Scalar((long)k))))).Aggregate(b.Add);
        _ = b.Output(sum);
        return b.Graph;
    }
}
