using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Tasks;
using Kindling.Tasks.Control;

namespace Kindling.Train.Meta;

/// <summary>
/// Lets the policy that is being trained live through tasks: episodes to adapt to under the policy as it is, episodes to judge it by under what it became. Safe to use
/// from several threads.
/// </summary>
/// <param name="worlds">The tasks.</param>
/// <param name="network">The policy's network.</param>
/// <param name="evaluator">Adapts it.</param>
internal sealed class Experience(IControlFamily worlds, NetworkGraphs network, TaskEvaluator evaluator) : IDisposable
{
    private static readonly PolicyGradient Advantages = new();
    private readonly PolicySession session = new(network);

    /// <summary>One task for meta-training: both sets as examples for the policy gradient.</summary>
    public Episode Draw(IReadOnlyList<FloatTensor> learned, Split split, EpisodeShape shape, int steps, SeededRandom random)
    {
        ulong task = random.NextUInt64();
        (FloatTensor x, FloatTensor y) = Live(learned, split, task, shape.Shots, random.NextUInt64());
        IReadOnlyList<FloatTensor> adapted = evaluator.Trace(learned, Of(x, y, x, y), steps).Parameters[^1];
        (FloatTensor queryX, FloatTensor queryY) = Live(adapted, split, task, shape.Queries, random.NextUInt64());
        return Of(x, y, queryX, queryY);
    }

    /// <summary>What the policy as it is adapts to in a task, with no judgement of what it becomes: the query set is the support set.</summary>
    public Episode Support(IReadOnlyList<FloatTensor> learned, Split split, EpisodeShape shape, SeededRandom random)
    {
        (FloatTensor x, FloatTensor y) = Live(learned, split, random.NextUInt64(), shape.Shots, random.NextUInt64());
        return Of(x, y, x, y);
    }

    /// <summary>Mean returns of a task before adaptation and after each step, every step on episodes of its own.</summary>
    public double[] Returns(IReadOnlyList<FloatTensor> learned, Split split, EpisodeShape shape, int steps, SeededRandom random)
    {
        IReadOnlyList<FloatTensor> current = learned;
        PolicySession.Acting acting = session.With(learned);
        try
        {
            return Rollouts.Course(worlds, split, shape, steps, random, seen => acting.Act(seen), Adapt);
        }
        finally
        {
            acting.Dispose();
        }

        void Adapt(FloatTensor x, FloatTensor y)
        {
            FloatTensor[] moved = evaluator.Trace(current, Of(x, y, x, y), 1).Parameters[0];
            current = [.. moved, .. learned.Skip(moved.Length)];
            acting.Dispose();
            acting = session.With(current);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => session.Dispose();

    // Examples with the probability that each action was taken with, where their targets have room for it.
    private (FloatTensor X, FloatTensor Y) Live(IReadOnlyList<FloatTensor> parameters, Split split, ulong task, int episodes, ulong seed)
    {
        using PolicySession.Acting policy = session.With(parameters);
        Trajectory[] lived = Rollouts.Collect(worlds, () => worlds.Create(split, new SeededRandom(task)), policy.Act, episodes, seed);
        (FloatTensor x, FloatTensor y) = Advantages.Examples(lived, worlds.Horizon);
        int actions = worlds.ActionCount;
        if (actions > 1)
        {
            float[] output = policy.Act(x).Values;
            for (int row = 0; row < x.Shape[0]; row++)
            {
                Span<float> target = y.Values.AsSpan(row * 2 * actions, 2 * actions);
                target[actions + 1] = LogProbability(output.AsSpan(row * 2 * actions, 2 * actions), target[..actions]);
            }
        }

        return (x, y);
    }

    // As Losses.ClippedPolicyGradient counts it.
    private static float LogProbability(ReadOnlySpan<float> output, ReadOnlySpan<float> action)
    {
        double sum = 0;
        for (int a = 0; a < action.Length; a++)
        {
            double logDeviation = output[action.Length + a];
            double distance = (action[a] - output[a]) * Math.Exp(-logDeviation);
            sum -= (0.5 * distance * distance) + logDeviation;
        }

        return (float)sum;
    }

    private static Episode Of(FloatTensor x, FloatTensor y, FloatTensor queryX, FloatTensor queryY) =>
        new()
        {
            SupportX = x,
            SupportY = y,
            QueryX = queryX,
            QueryY = queryY,
        };
}
