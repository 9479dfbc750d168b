using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>Many users who adapt at the same time: each by himself on all processors, and all in one call, blocks of the two in turn.</summary>
internal static class ManyBenchmark
{
    private const int Blocks = 5;

    /// <summary>Adaptations a second, medians.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="episodes">Its episodes.</param>
    /// <param name="users">Learners in a block; each adapts once.</param>
    /// <param name="time">The clock.</param>
    public static (double Apart, double Together) Measure(string path, BundleEpisodes episodes, int users, TimeProvider time)
    {
        using AdaptableModel model = AdaptableModel.Open(path, new AdaptOptions { RequireImprovement = false });
        Learner[] learners = [.. Enumerable.Range(0, users).Select(_ => model.CreateLearner())];
        (Learner Learner, AdaptRequest Request)[] all =
        [
            .. learners.Select(
                (learner, i) => (learner, new AdaptRequest { Support = episodes.Support(i % episodes.Count), FromStart = true })
            ),
        ];
        void Apart() => Parallel.ForEach(all, one => one.Learner.Adapt(one.Request));
        void Together() => _ = model.AdaptManyAsync(all).GetAwaiter().GetResult();
        double[] apart = new double[Blocks];
        double[] together = new double[Blocks];
        Apart();
        Together();
        for (int block = 0; block < Blocks; block++)
        {
            apart[block] = users / Seconds(Apart, time);
            together[block] = users / Seconds(Together, time);
        }

        Array.ForEach(learners, learner => learner.Dispose());
        return (Statistics.Median(apart), Statistics.Median(together));
    }

    private static double Seconds(Action action, TimeProvider time)
    {
        long started = time.GetTimestamp();
        action();
        return time.GetElapsedTime(started).TotalSeconds;
    }
}
