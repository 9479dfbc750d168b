using Kindling.Bundles;
using Kindling.Evaluate.Benchmarks;

namespace Kindling.Evaluate.Tests.Benchmarks;

public sealed class StartBenchmarkTests
{
    private const string Linear = """{ "type": "linear" }""";

    [Test]
    public void Run_EpisodeOfABundle_PredictsWithTheAdaptedParameters()
    {
        using TrainedBundle bundle = new(Linear, TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");
        BundleEpisodes episodes = BundleEpisodes.Read(bundle.Path);
        string file = bundle.Path + ".episode";
        episodes.Write(0, file);
        using Adapt.AdaptableModel model = Adapt.AdaptableModel.Open(bundle.Path);
        using Adapt.Learner learner = model.CreateLearner();
        _ = learner.Adapt(episodes.Support(0));

        Prediction? prediction = FirstPrediction.Run(bundle.Path, file);

        Assert.That(prediction!.Values, Is.EqualTo(learner.Predict(episodes.Query(0)).Values));
    }

    // The program stands in for the command line: it writes the line that tells that it has predicted.
    [Test]
    public void Measure_ProgramThatPredicts_GivesTheMedianOfItsRuns()
    {
        using TrainedBundle bundle = new(Linear, TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");

        StartBenchmarkReport report = StartBenchmark.Measure(
            bundle.Path,
            "/bin/sh",
            ["-c", $"test -d \"$1\" && test -f \"$2\" && echo {FirstPrediction.Done}", "sh"],
            new TickingTime(TimeSpan.FromMilliseconds(40))
        );

        Assert.That(report.MillisecondsToFirstPrediction, Is.EqualTo(40));
        Assert.That(report.Runs, Is.EqualTo(7));
    }

    [Test]
    public void Measure_ProgramThatFails_ShowsItsErrors()
    {
        using TrainedBundle bundle = new(Linear, TrainedBundle.Sinusoid, """{ "rate": 0.005 }""");

        Assert.That(
            () => StartBenchmark.Measure(bundle.Path, "/bin/sh", ["-c", "echo no memory >&2; exit 5", "sh"], TimeProvider.System),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{bundle.Path}: /bin/sh did not get to a prediction: exit code 5, it wrote '' and the errors 'no memory'."
                )
        );
    }
}
