using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary><c>ridge</c>: ridge regression of the targets on the features of the jointly trained network.</summary>
internal sealed class RidgeBaseline(JointFeatures features, double strength) : IBaseline
{
    public string Name => "ridge";

    public double[] Measure(Episode episode)
    {
        (FloatTensor support, FloatTensor query) = features.Of(episode);
        FloatTensor output = RidgeRegression.Predict(support, episode.SupportY, query, strength);
        return [Figures.SquaredError(output.Values, episode.QueryY.Values)];
    }
}
