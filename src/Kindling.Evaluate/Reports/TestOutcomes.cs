using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Reports;

/// <summary>The outcomes of the test tasks of an evaluation, and the first tasks themselves, to be looked at.</summary>
/// <param name="Tasks">All outcomes.</param>
/// <param name="Examples">The first tasks, in the order of <paramref name="Tasks"/>.</param>
internal sealed record TestOutcomes(IReadOnlyList<TaskOutcome> Tasks, IReadOnlyList<Episode> Examples)
{
    private const int Kept = 3;

    /// <summary>Adapts a bundle to the test tasks of a plan.</summary>
    /// <param name="model">The bundle, open with the plan's steps.</param>
    /// <param name="plan">Says the tasks.</param>
    /// <param name="count">How many.</param>
    public static TestOutcomes Collect(AdaptableModel model, EpisodePlan plan, int count)
    {
        List<TaskOutcome> tasks = [];
        List<Episode> examples = [];
        for (int e = 0; e < count; e++)
        {
            Episode episode = plan.Test(e);
            FloatTensor? before = null;
            FloatTensor? after = null;
            using Learner learner = model.CreateLearner();
            learner.Trace(
                Figures.Support(model.Manifest, episode),
                plan.Steps,
                point =>
                {
                    before = point.Step == 0 ? point.OutputsInductive(episode.QueryX) : before;
                    after = point.Step == plan.Steps ? point.OutputsInductive(episode.QueryX) : after;
                }
            );
            tasks.Add(new(episode.Classes, episode.QueryY, before!, after!));
            if (e < Kept)
            {
                examples.Add(episode);
            }
        }

        return new(tasks, examples);
    }
}
