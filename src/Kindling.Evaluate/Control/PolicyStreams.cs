using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Streams;
using Kindling.Tasks;
using Kindling.Tasks.Control;

namespace Kindling.Evaluate.Control;

/// <summary>Lets policies live in worlds that change under them, as an app does.</summary>
/// <param name="worlds">The worlds; each segment of a stream is one of them.</param>
/// <param name="shape">Shots: episodes of a segment; queries: episodes that a return is the mean of.</param>
internal sealed class PolicyStreams(IControlFamily worlds, EpisodeShape shape)
{
    /// <summary>Follows a stream.</summary>
    /// <param name="learner">A learner at its start.</param>
    /// <param name="rule">When it starts again; null: never.</param>
    /// <param name="adapts">Whether it adapts at all.</param>
    /// <param name="segments">Worlds of the stream.</param>
    /// <param name="part">Episodes that come together; 0: a segment's.</param>
    /// <param name="random">Where the worlds and all episodes come from.</param>
    /// <param name="measures">Whether to measure it in all worlds after each segment.</param>
    /// <exception cref="BundleException">The policy diverges, so that it cannot act any more.</exception>
    public StreamCourse Follow(
        Learner learner,
        ManifestStream? rule,
        bool adapts,
        int segments,
        int part,
        SeededRandom random,
        bool measures
    )
    {
        ulong[] goals = [.. Enumerable.Range(0, segments).Select(_ => random.NextUInt64())];
        ulong judging = random.NextUInt64();
        int together = part == 0 ? shape.Shots : part;
        StreamCourse course = new();
        Measure();
        for (int i = 0; i < segments; i++)
        {
            for (int from = 0; from < shape.Shots; from += together)
            {
                Trajectory[] lived = Live(goals[i], Math.Min(together, shape.Shots - from), random.NextUInt64());
                bool startedAgain = adapts && learner.Follow(lived, worlds.Horizon, gradient: null, rule).StartedAgain;
                course.Add(lived.Average(t => t.Return), startedAgain, atBoundary: from == 0 && i > 0);
            }

            Measure();
        }

        return course;

        void Measure()
        {
            if (measures)
            {
                course.Matrix.Add([.. goals.Select((goal, j) => Live(goal, shape.Queries, judging + (ulong)j).Average(t => t.Return))]);
            }
        }

        Trajectory[] Live(ulong goal, int episodes, ulong seed)
        {
            try
            {
                return Rollouts.Collect(
                    worlds,
                    () => worlds.Create(Split.Test, new SeededRandom(goal)),
                    seen => ReturnEvaluator.Act(learner, worlds, seen),
                    episodes,
                    seed
                );
            }
            catch (NotFiniteNumberException e)
            {
                throw new BundleException(
                    $"No stream can be followed to its end: {e.Message} A model trained with a lower inner.rate may.",
                    e
                );
            }
        }
    }
}
