using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate;

/// <summary>Measures "none of these" on one episode after the other.</summary>
internal sealed class OutsideMeasure(AdaptableModel model, EpisodePlan plan)
{
    private readonly List<double[]> _accepted = [];
    private readonly List<double[]> _rejected = [];
    private readonly List<double[]> _accuracies = [];
    private readonly List<double[]> _ranks = [];

    /// <summary>What was measured; null where the tasks have no inputs of no class.</summary>
    public OutsideReport? Report =>
        _accepted.Count == 0
            ? null
            : new OutsideReport
            {
                Inputs = plan.Shape.QueryCount,
                FalseAccept = MetricSeries.Of([.. _accepted]),
                FalseReject = MetricSeries.Of([.. _rejected]),
                AccuracyWhereConfident = _accuracies.Count == 0 ? null : MetricSeries.Of([.. _accuracies]),
                Auroc = MetricSeries.Of([.. _ranks]),
            };

    /// <summary>Adapts to an episode, calibrates, and asks about its query examples and about inputs of no class.</summary>
    public void Add(int number, Episode episode)
    {
        // a threshold is set from examples left out of their class, or from those of other classes: two classes of one example have neither
        if (plan.Outside(number) is not { } inputs || plan.Shape is { Ways: < 3, Shots: < 2 })
        {
            return;
        }

        SupportSet support = Figures.Support(model.Manifest, episode);
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(support);
        _ = learner.Calibrate(support);
        Prediction[] inside = Predict(learner, episode.QueryX);
        Prediction[] outside = Predict(learner, inputs);
        _accepted.Add([outside.Average(p => p.IsConfident == true ? 1.0 : 0)]);
        _rejected.Add([inside.Average(p => p.IsConfident == true ? 0.0 : 1)]);
        _ranks.Add([inside.Average(i => outside.Average(o => Above(i.Confidence, o.Confidence)))]);
        bool[] right =
        [
            .. inside
                .Zip(episode.QueryY.Values)
                .Where(pair => pair.First.IsConfident == true)
                .Select(pair => pair.First.Label == support.Classes[(int)pair.Second]),
        ];
        if (right.Length > 0)
        {
            _accuracies.Add([right.Average(r => r ? 1.0 : 0)]);
        }
    }

    private static double Above(float inside, float outside) =>
        inside > outside ? 1
        : inside == outside ? 0.5
        : 0;

    // One at a time, as an app sees them.
    private static Prediction[] Predict(Learner learner, FloatTensor inputs)
    {
        int[] shape = [.. inputs.Shape.Skip(1)];
        return [.. inputs.Values.Chunk(inputs.Count / inputs.Shape[0]).Select(values => learner.Predict(new FloatTensor(shape, values)))];
    }
}
