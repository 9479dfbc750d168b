using Kindling.Adapt;
using Kindling.Tasks;

namespace Kindling.Evaluate.Engines;

/// <summary>The runtime library, as in apps. The model stays the caller's.</summary>
internal sealed class RuntimeEngine(AdaptableModel model) : IEvaluationEngine
{
    public (double[] Transductive, double[] Inductive) Measure(Episode episode)
    {
        double[] transductive = new double[model.Steps + 1];
        double[] inductive = new double[model.Steps + 1];
        using Learner learner = model.CreateLearner();
        learner.Trace(
            Figures.Support(model.Manifest, episode),
            model.Steps,
            point =>
            {
                inductive[point.Step] = Figures.Of(model.Manifest, point.OutputsInductive(episode.QueryX), episode.QueryY);
                transductive[point.Step] = model.Manifest.Normalization is "batch" or "support"
                    ? Figures.Of(model.Manifest, point.OutputsTransductive(episode.QueryX), episode.QueryY)
                    : inductive[point.Step];
            }
        );
        return (transductive, inductive);
    }

    public void Adapt(Episode episode)
    {
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(Figures.Support(model.Manifest, episode));
    }

    public void Dispose() { }
}
