using Kindling.Adapt;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary>The bundle's inner rule from another start: fresh parameters (<c>random</c>), or the jointly trained ones (<c>joint</c>).</summary>
/// <param name="name">Its name.</param>
/// <param name="model">The bundle.</param>
/// <param name="start">Where it starts.</param>
/// <param name="steps">Steps; the bundle's if null.</param>
/// <param name="onlyLast">Whether the figure after the last step is the only one.</param>
internal sealed class StartBaseline(string name, AdaptableModel model, LearnerStart start, int? steps = null, bool onlyLast = false)
    : IBaseline
{
    public string Name => name;

    public double[] Measure(Episode episode)
    {
        int last = steps ?? model.Steps;
        double[] figures = new double[onlyLast ? 1 : last + 1];
        using Learner learner = model.CreateLearner(start);
        learner.Trace(
            Figures.Support(model.Manifest, episode),
            last,
            point =>
            {
                if (!onlyLast || point.Step == last)
                {
                    figures[onlyLast ? 0 : point.Step] = Figures.Of(model.Manifest, point.OutputsInductive(episode.QueryX), episode.QueryY);
                }
            }
        );
        return figures;
    }
}
