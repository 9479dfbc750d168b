using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary>
/// What the head of the jointly trained network sees, without adaptation. A network with statistics of the support set gets them; one that normalises
/// by its batch gets every input by itself, support and query alike.
/// </summary>
internal sealed class JointFeatures(AdaptableModel model, LearnerStart start)
{
    /// <summary>Features <c>[n, features]</c> of support and query set.</summary>
    public (FloatTensor Support, FloatTensor Query) Of(Episode episode)
    {
        (FloatTensor, FloatTensor)? result = null;
        using Learner learner = model.CreateLearner(start);
        learner.Trace(
            Figures.Support(model.Manifest, episode),
            0,
            point => result = (Features(point, episode.SupportX), Features(point, episode.QueryX))
        );
        return result!.Value;
    }

    private FloatTensor Features(InnerPoint point, FloatTensor x)
    {
        if (model.Manifest.Normalization != "batch")
        {
            return point.Features(x);
        }

        int count = x.Shape[0];
        int[] single = [1, .. x.Shape.Skip(1)];
        FloatTensor[] rows = [.. x.Values.Chunk(x.Count / count).Select(values => point.Features(new FloatTensor(single, values)))];
        return new FloatTensor([count, rows[0].Count], [.. rows.SelectMany(row => row.Values)]);
    }
}
