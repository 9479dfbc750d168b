using System.Globalization;
using System.Xml.Linq;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Plots;
using Kindling.Evaluate.Reports;
using Kindling.Evaluate.Streams;

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
            """{ "rate": 0.5, "steps": 1, "adaptationSteps": 2, "loss": "policy-gradient", "jump": 10 }"""
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
    public void Write_ReportOfAPolicy_ShowsReturnsAndWhereItGoes()
    {
        string place = Path.GetDirectoryName(bundle.Path)!;
        ReportSource source = new()
        {
            Bundle = bundle.Path,
            Subject = "here",
            Training = Path.Combine(place, "checkpoint"),
        };
        EvaluationOptions options = new() { Episodes = 2 };
        ModelReport report = ModelReport.Create(source, options, TimeProvider.System);
        string path = Path.Combine(place, "report.html");
        report.Write(path);
        XElement page = XDocument.Load(path).Root!;
        double[] returns = [.. Evaluator.Evaluate(bundle.Path, options).Inductive.Mean];

        Assert.That(
            page.Descendants("section").Select(s => s.Attribute("id")?.Value),
            Is.EqualTo(new[] { "results", "training", "examples", "recipe", "provenance" })
        );
        string[][] rows = [.. page.Descendants("table").First().Descendants("tr").Select(r => r.Elements().Select(c => c.Value).ToArray())];
        Assert.That(rows[0], Is.EqualTo(new[] { "steps", "meta-learned", "random (baseline)" }));
        Assert.That(
            rows[1..].Select(r => r[1].Split(' ')[0]),
            Is.EqualTo(returns.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))
        );
        Assert.That(
            report.WritePlots(Path.Combine(place, "plots")).Select(Path.GetFileName),
            Is.EqualTo(new[] { "training-loss.png", "training-validation.png", "steps.png", "paths.png" })
        );
    }

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

    // The goal goes over to the other side: the return of what was learned falls below 0, and the policy is the one that it began as.
    [Test]
    public async Task ObserveAsync_GoalThatChangesSides_StartsAgain()
    {
        using AdaptableModel model = AdaptableModel.Open(bundle.Path, new AdaptOptions { RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        FloatTensor place = new([2], [0.3f, 0]);
        float[] atTheStart = [.. learner.Predict(place).Values];
        Random random = new(5);
        double? before = null;
        for (int i = 0; i < 8; i++)
        {
            PolicyStreamReport report = await learner.ObserveAsync(Live(learner, random, 20), horizon: 30);
            Assert.That(report.StartedAgain, Is.False);
            Assert.That(report.PreviousReturn, Is.EqualTo(before));
            Assert.That(report.Adaptation?.Accepted, Is.True);
            before = report.Return;
        }

        Assert.That((learner.Steps, before > 15), Is.EqualTo((8, true)));

        PolicyStreamReport turned = learner.Observe(Live(learner, random, 20, side: -1), horizon: 30);

        Assert.That((turned.StartedAgain, turned.Adaptation), Is.EqualTo((true, (AdaptReport?)null)));
        Assert.That(turned.Return, Is.LessThan(0));
        Assert.That(learner.Steps, Is.Zero);
        Assert.That(learner.Predict(place).Values, Is.EqualTo(atTheStart));

        PolicyStreamReport next = learner.Observe(Live(learner, random, 20, side: -1), horizon: 30);
        Assert.That((next.StartedAgain, next.PreviousReturn, learner.Steps), Is.EqualTo((false, (double?)null, 1)));
    }

    // All would be far below what was lived through before, and so a reason to start again.
    [Test]
    public void Observe_WhatDoesNotFitOrIsCancelled_LeavesTheLearnerAsItIs()
    {
        using AdaptableModel model = AdaptableModel.Open(bundle.Path, new AdaptOptions { RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        Trajectory[] lived = Live(learner, new Random(1), 10);
        _ = learner.Observe(lived, horizon: 30);
        Trajectory[] low = Live(learner, new Random(1), 10, side: -1000);
        Trajectory wide = new(FloatTensor.Zeros(1, 3), FloatTensor.Zeros(1, 2), [-1e6f]);

        Assert.That(
            () => learner.Observe(low, horizon: 20),
            Throws.ArgumentException.With.Message.StartsWith("Trajectory 0 has 30 steps, expected at most 20.")
        );
        Assert.That(() => learner.Observe([wide], horizon: 30), Throws.ArgumentException.With.Message.Contain("3"));
        Assert.That(
            () => learner.Observe(low, horizon: 30, gradient: null, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
        Assert.That(learner.Steps, Is.EqualTo(1));
        Assert.That(learner.Observe(lived, horizon: 30).PreviousReturn, Is.EqualTo(lived.Average(t => t.Return)));
    }

    [Test]
    public void Evaluate_StreamOfGoalsFromElsewhere_IsRefused() =>
        Assert.That(
            () => StreamEvaluator.Evaluate(bundle.Path, new() { Tasks = new() { Source = "rows.csv" } }),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EndsWith("is evaluated by the runtime in its own worlds; --source does not apply.")
        );

    [Test]
    public void Evaluate_StreamOfGoalsWhereNothingIsSaid_IsOfThreeStepsAWorld()
    {
        StreamEvaluationReport report = StreamEvaluator.Evaluate(bundle.Path, new() { Streams = 2, Segments = 2 });
        Assert.That((report.Part, report.Shots), Is.EqualTo((10, 30)));
    }

    [Test]
    public void Evaluate_StreamOfGoals_TellsReturnsBesideThoseOfOneThatNeverStartsAgain()
    {
        StreamOptions options = new()
        {
            Streams = 3,
            Segments = 3,
            Part = 10,
            Tasks = new() { Shots = 20, Seed = 4 },
        };
        StreamEvaluationReport report = StreamEvaluator.Evaluate(bundle.Path, options);
        StreamEvaluationReport again = StreamEvaluator.Evaluate(bundle.Path, options);

        Assert.That(report.Metric, Is.EqualTo("return"));
        Assert.That(report.Matrix.Select(row => row.Length), Is.EqualTo(new[] { 3, 3, 3, 3 }));
        Assert.That(report.Matrix.SelectMany(row => row), Has.All.InRange(-250.0, 0.0));
        Assert.That(report.Matrix, Is.EqualTo(again.Matrix));
        Assert.That(report.OnlineUnadapted!.Mean[0], Is.Not.EqualTo(report.Online.Mean[0]));
        Assert.That(report.OnlineNeverAgain, Is.Not.Null);
        Assert.That(report.ForwardTransfer, Is.Not.Null);
        Assert.That(report.ToTable(), Does.StartWith("return over 3 streams of 3 segments, 20 episodes each, 10 at a time, seed 4\n"));
        Assert.That(report.ToTable(), Does.Contain("return before adapting").And.Contain("- never starts again"));
    }

    // A point on a line that is paid for being far to one side; the second number of the action does nothing.
    private static Trajectory[] Live(Learner learner, Random random, int episodes, float side = 1) =>
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
                        rewards.Add(side * x);
                    }

                    return new Trajectory(new FloatTensor([30, 2], [.. seen]), new FloatTensor([30, 2], [.. taken]), [.. rewards]);
                }),
        ];
}
