using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Plots;
using Kindling.Evaluate.Reports;

namespace Kindling.Evaluate.Tests;

/// <summary>A policy in a bundle: what `eval` says of it, and what an app does with it.</summary>
public sealed class ReturnTests
{
    private TrainedBundle bundle = null!;

    [OneTimeSetUp]
    public void Train() =>
        bundle = new(
            """{ "type": "policy", "hidden": [16] }""",
            """{ "type": "navigation", "shots": 10, "queries": 5 }""",
            """{ "rate": 0.5, "steps": 1, "adaptationSteps": 2, "loss": "policy-gradient" }"""
        );

    [OneTimeTearDown]
    public void Delete() => bundle.Dispose();

    [Test]
    public void Evaluate_Policy_TellsReturnsAfterEachStepAndTheSameEveryTime()
    {
        EvaluationOptions options = new() { Episodes = 4, Seed = 3 };
        EvaluationReport report = Evaluator.Evaluate(bundle.Path, options);
        EvaluationReport again = Evaluator.Evaluate(bundle.Path, options);

        Assert.That(report.Metric, Is.EqualTo("return"));
        Assert.That(report.Steps, Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(report.Shots, Is.EqualTo(10));
        Assert.That(report.Inductive.Mean, Is.All.Negative.And.All.GreaterThan(-200));
        Assert.That(report.Inductive.Mean, Is.EqualTo(again.Inductive.Mean));
        Assert.That(report.Baselines.Keys, Is.EqualTo(new[] { "random" }));
        Assert.That(report.Baselines["random"].Mean, Has.Count.EqualTo(3).And.Not.EqualTo(report.Inductive.Mean));
        Assert.That(report.AbsentBaselines.Keys, Is.EqualTo(new[] { "joint" }));
        Assert.That(report.MillisecondsPerStep, Is.Positive);
    }

    [Test]
    public void Evaluate_PolicyByOtherMeans_IsRefused() =>
        Assert.That(
            () => Evaluator.Evaluate(bundle.Path, new() { Episodes = 1, Engine = EvaluationOptions.TorchEngine }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{bundle.Path}: the policy of worlds to act in is evaluated by the runtime in its own worlds; --engine torch does not apply."
                )
        );

    [Test]
    public void Write_PlotOfAPolicy_IsAPicture()
    {
        EvaluationReport report = Evaluator.Evaluate(bundle.Path, new() { Episodes = 2 });
        string path = Path.Combine(Path.GetDirectoryName(bundle.Path)!, "returns.png");
        EvaluationPlot.Write(report, new() { Episodes = 2 }, path);
        Assert.That(File.ReadAllBytes(path)[..4], Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        Assert.That(report.ToTable(), Does.StartWith("return over 2 test tasks, 10 episodes a step, judged by 5, seed 1, engine ort,"));
    }

    [Test]
    public void Create_ReportOfAPolicy_IsRefused() =>
        Assert.That(
            () =>
                ModelReport.Create(
                    new ReportSource { Bundle = bundle.Path, Subject = "here" },
                    new() { Episodes = 2 },
                    TimeProvider.System
                ),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"{bundle.Path}: there is no report of policies yet;")
        );

    // The app's own loop: act, adapt, act on, with the goal on the right.
    [Test]
    public async Task AdaptToAsync_OwnWorld_LearnsToGoThere()
    {
        using AdaptableModel model = AdaptableModel.Open(bundle.Path, new AdaptOptions { RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        Random random = new(5);
        double before = Live(learner, random, 20).Average(t => t.Return);

        IReadOnlyList<(double Return, AdaptReport Report)> course = await learner.AdaptToAsync(
            _ => Task.FromResult<IReadOnlyList<Trajectory>>(Live(learner, random, 20)),
            horizon: 30,
            steps: 8
        );

        double after = Live(learner, random, 20).Average(t => t.Return);
        Assert.That(course, Has.Count.EqualTo(8));
        Assert.That(course.Select(c => c.Report.Accepted), Is.All.True);
        Assert.That(course[0].Return, Is.EqualTo(before).Within(4));
        Assert.That(after, Is.GreaterThan(before + 5));
    }

    // A point on a line that is paid for being far to the right; the second number of the action does nothing.
    private static Trajectory[] Live(Learner learner, Random random, int episodes) =>
        [
            .. Enumerable
                .Range(0, episodes)
                .Select(_ =>
                {
                    List<float> seen = [];
                    List<float> taken = [];
                    List<float> rewards = [];
                    float x = 0;
                    for (int t = 0; t < 30; t++)
                    {
                        float[] action = NormalActions.Draw(learner.Predict(new FloatTensor([2], [x, 0])).Values, random);
                        seen.AddRange([x, 0]);
                        taken.AddRange(action);
                        x += Math.Clamp(action[0], -0.1f, 0.1f);
                        rewards.Add(x);
                    }

                    return new Trajectory(new FloatTensor([30, 2], [.. seen]), new FloatTensor([30, 2], [.. taken]), [.. rewards]);
                }),
        ];
}
