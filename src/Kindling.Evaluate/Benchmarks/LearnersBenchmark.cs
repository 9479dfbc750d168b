using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// Memory of many learners of one model, the time to reload one, whether memory stays flat over many adaptations, and how many users adapt in a second.
/// </summary>
public static class LearnersBenchmark
{
    /// <summary>Users who adapt at the same time unless told otherwise.</summary>
    public const int Users = 256;

    private const int Reloads = 51;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Measures a bundle on the episodes that training left in it, one inner step each.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="learners">Learners at once; their deltas have to fit into memory.</param>
    /// <param name="adaptations">Adaptations in a row.</param>
    /// <param name="time">The clock.</param>
    /// <param name="users">Most users who adapt at the same time.</param>
    /// <exception cref="BundleException">The bundle has no episodes.</exception>
    public static LearnersBenchmarkReport Measure(string path, int learners, int adaptations, TimeProvider time, int users = Users)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(learners, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(adaptations, 10);
        ArgumentNullException.ThrowIfNull(time);
        BundleEpisodes episodes = BundleEpisodes.Read(path);
        using AdaptableModel model = AdaptableModel.Open(path, new AdaptOptions { Steps = 1, RequireImprovement = false });
        FloatTensor input = FloatTensor.Zeros([.. model.Manifest.Input.Shape.Skip(1).Select(size => size!.Value)]);
        double opened = Resident();
        long? predicting = PeakMemory.Of(() => Predict(model, episodes));
        long? adapting = PeakMemory.Of(() => Adapted(model, episodes, 0, input).Dispose());

        // One of everything first: what the model itself takes does not count.
        using Learner first = Adapted(model, episodes, 0, input);
        void Adapt(int number)
        {
            using Learner learner = model.CreateLearner();
            _ = learner.Adapt(episodes.Support(number % episodes.Count));
        }

        // The runtime compiles hot methods anew in the background, which takes memory once.
        long started = time.GetTimestamp();
        for (int i = 0; time.GetElapsedTime(started) < WarmUp; i++)
        {
            Adapt(i);
        }

        double tenth = 0;
        for (int i = 1; i <= adaptations; i++)
        {
            Adapt(i);
            if (i == adaptations / 10)
            {
                tenth = Resident();
            }
        }

        double end = Resident();
        long before = Resident();
        Learner[] all = [.. Enumerable.Range(0, learners).Select(i => Adapted(model, episodes, i, input))];
        double perLearner = (Resident() - before) / (double)learners;
        Array.ForEach(all, learner => learner.Dispose());

        double reload = Reload(model, first, input, time);
        users = Math.Min(users, learners);
        (double apart, double together) = ManyBenchmark.Measure(path, episodes, users, time);
        return new LearnersBenchmarkReport
        {
            Bundle = path,
            Learners = learners,
            DeltaKilobytes = first.Parameters.Values.Sum(tensor => (double)tensor.Count * sizeof(float)) / 1000,
            KilobytesPerLearner = perLearner / 1000,
            MillisecondsToReload = reload,
            MegabytesOpened = opened / 1e6,
            MegabytesPredicting = predicting / 1e6,
            MegabytesAdapting = adapting / 1e6,
            Adaptations = adaptations,
            MegabytesAfterATenth = tenth / 1e6,
            MegabytesAtTheEnd = end / 1e6,
            Users = users,
            AdaptationsPerSecondApart = apart,
            AdaptationsPerSecondTogether = together,
        };
    }

    private static void Predict(AdaptableModel model, BundleEpisodes episodes)
    {
        using Learner learner = model.CreateLearner();
        if (model.Manifest.IsDetection)
        {
            _ = learner.Detect(episodes.Query(0));
            return;
        }

        _ = learner.PredictBatch(episodes.Support(0).Inputs);
    }

    private static Learner Adapted(AdaptableModel model, BundleEpisodes episodes, int i, FloatTensor input)
    {
        Learner learner = model.CreateLearner();
        _ = learner.Adapt(episodes.Support(i % episodes.Count));
        OnePrediction.Of(model.Manifest)(learner, input);
        return learner;
    }

    private static double Reload(AdaptableModel model, Learner learner, FloatTensor input, TimeProvider time)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kindling");
        try
        {
            string file = Path.Combine(folder.FullName, "learner.adapted");
            learner.Save(file);
            double[] samples = new double[Reloads];
            for (int i = 0; i < Reloads; i++)
            {
                long started = time.GetTimestamp();
                using Learner back = model.OpenLearner(file);
                OnePrediction.Of(model.Manifest)(back, input);
                samples[i] = time.GetElapsedTime(started).TotalMilliseconds;
            }

            return Statistics.Median(samples);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
