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

        double[] returns = new double[model.Steps + 1];
        using Learner learner = model.CreateLearner();
        learner.Trace(
            Figures.Support(model.Manifest, episode),
            model.Steps,
            point => returns[point.Step] = Return(worlds, plan.RandomOfTest(number), point.OutputsInductive)
        );
        _returns.Add(returns);
    }

    private static double Return(IActingFamily worlds, SeededRandom task, Func<FloatTensor, FloatTensor> act)
    {
        IEnvironment world = worlds.World(Split.Test, task);
        FloatTensor seen = FloatTensor.Zeros([1, .. worlds.InputShape]);
        world.Reset(task, seen.Values);
        double sum = 0;
        bool isOver = false;
        for (int t = 0; t < worlds.Horizon && !isOver; t++)
        {
            (float reward, isOver) = world.Step(act(seen).Values, seen.Values);
            sum += reward;
        }

        return sum;
    }
}
