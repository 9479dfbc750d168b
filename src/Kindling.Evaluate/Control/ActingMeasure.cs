using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Tasks.Control;

namespace Kindling.Evaluate.Control;

/// <summary>Lets learners whose outputs are actions act in the worlds of their tasks, before adaptation and after each step.</summary>
internal sealed class ActingMeasure(AdaptableModel model, EpisodePlan plan)
{
    private readonly List<double[]> _returns = [];

    /// <summary>The return of an episode, after 0, 1, ... steps; null where outputs are no actions.</summary>
    public MetricSeries? Report => _returns.Count == 0 ? null : MetricSeries.Of([.. _returns]);

    /// <summary>Adapts to an episode and acts.</summary>
    public void Add(int number, Episode episode)
    {
        if (plan.Acting is not { } worlds)
        {
            return;
        }

        _returns.Add([.. Live(worlds, number, episode).Select(lived => lived?.Return ?? double.NaN)]);
    }

    /// <summary>What a learner does in the world of an episode's task before adaptation and after each step; null where its actions are no numbers.</summary>
    public Trajectory?[] Live(IActingFamily worlds, int number, Episode episode)
    {
        Trajectory?[] lived = new Trajectory?[model.Steps + 1];
        using Learner learner = model.CreateLearner();
        learner.Trace(
            Figures.Support(model.Manifest, episode),
            model.Steps,
            point => lived[point.Step] = Live(worlds, plan.RandomOfTest(number), point.OutputsInductive)
        );
        return lived;
    }

    private static Trajectory? Live(IActingFamily worlds, SeededRandom task, Func<FloatTensor, FloatTensor> act)
    {
        IEnvironment world = worlds.World(Split.Test, task);
        FloatTensor seen = FloatTensor.Zeros([1, .. worlds.InputShape]);
        List<float> observations = [];
        List<float> actions = [];
        List<float> rewards = [];
        world.Reset(task, seen.Values);
        bool isOver = false;
        while (rewards.Count < worlds.Horizon && !isOver)
        {
            float[] action = act(seen).Values;
            if (!Array.TrueForAll(action, float.IsFinite))
            {
                return null;
            }

            observations.AddRange(seen.Values);
            actions.AddRange(action);
            (float reward, isOver) = world.Step(action, seen.Values);
            rewards.Add(reward);
        }

        return new(
            new FloatTensor([rewards.Count, seen.Count], [.. observations]),
            new FloatTensor([rewards.Count, worlds.OutputCount], [.. actions]),
            [.. rewards]
        );
    }
}
