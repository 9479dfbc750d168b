using Kindling.Adapt;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary>The bundle's inner rule from another start: fresh parameters (<c>random</c>), or the jointly trained ones (<c>joint</c>).</summary>
internal sealed class StartBaseline(string name, AdaptableModel model, LearnerStart start) : IBaseline
{
    public string Name => name;

    public double[] Measure(Episode episode)
    {
        double[] figures = new double[model.Steps + 1];
        using Learner learner = model.CreateLearner(start);
        learner.Trace(
            Figures.Support(model.Manifest, episode),
            model.Steps,
            point => figures[point.Step] = Figures.Of(model.Manifest, point.OutputsInductive(episode.QueryX), episode.QueryY)
        );
        return figures;
    }
}
