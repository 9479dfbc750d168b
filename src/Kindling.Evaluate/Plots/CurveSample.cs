using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Evaluate.Plots;

/// <summary>One test task of a bundle that learns curves y(x): its points and what the model says along the axis as adaptation goes on.</summary>
internal sealed class CurveSample
{
    /// <summary>Purpose of the random numbers that draw such a task.</summary>
    public const ulong Stream = 7;

    private const int Grid = 200;

    /// <summary>The support set's x.</summary>
    public required double[] PointsX { get; init; }

    /// <summary>The support set's y.</summary>
    public required double[] PointsY { get; init; }

    /// <summary>Where the curves are sampled, ascending.</summary>
    public required double[] X { get; init; }

    /// <summary>The task's own curve.</summary>
    public required double[] Truth { get; init; }

    /// <summary>The model's curve after a number of steps.</summary>
    public required IReadOnlyDictionary<int, double[]> Predictions { get; init; }

    /// <summary>Whether a bundle learns curves: one number in, one number out, on generated tasks.</summary>
    public static bool Fits(BundleManifest manifest, Recipe recipe) =>
        !manifest.IsClassification
        && manifest.Input.Shape is [null, 1]
        && manifest.Output.Count == 1
        && string.IsNullOrEmpty(recipe.Tasks.Source);

    /// <summary>Draws a test task and adapts the model to it.</summary>
    /// <param name="model">The bundle.</param>
    /// <param name="recipe">Its recipe.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="steps">Numbers of steps to keep.</param>
    /// <param name="random">Draws the task.</param>
    public static CurveSample Draw(AdaptableModel model, Recipe recipe, ITaskFamily tasks, IReadOnlyList<int> steps, SeededRandom random)
    {
        Episode episode = tasks.Sample(Split.Test, new EpisodeShape(recipe.Tasks.Ways, recipe.Tasks.Shots, Grid), random);
        int[] order = [.. Enumerable.Range(0, Grid).OrderBy(i => episode.QueryX.Values[i])];
        Dictionary<int, double[]> predictions = [];
        using Learner learner = model.CreateLearner();
        learner.Trace(
            SupportSet.FromTargets(episode.SupportX, episode.SupportY),
            steps.Max(),
            point =>
            {
                if (steps.Contains(point.Step))
                {
                    predictions[point.Step] = Sorted(point.OutputsInductive(episode.QueryX).Values, order);
                }
            }
        );
        return new CurveSample
        {
            PointsX = Sorted(episode.SupportX.Values, [.. Enumerable.Range(0, episode.SupportX.Count)]),
            PointsY = Sorted(episode.SupportY.Values, [.. Enumerable.Range(0, episode.SupportY.Count)]),
            X = Sorted(episode.QueryX.Values, order),
            Truth = Sorted(episode.QueryY.Values, order),
            Predictions = predictions,
        };
    }

    private static double[] Sorted(float[] values, int[] order) => [.. order.Select(i => (double)values[i])];
}
