using System.Globalization;
using System.Xml.Linq;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Reports;
using Kindling.Tasks;
using Kindling.Tasks.Control;

namespace Kindling.Evaluate.Tests;

/// <summary>Regressions whose outputs are actions: `eval` lets them act.</summary>
public sealed class ActingTests
{
    private const string TasksText = """{ "type": "navigation-demonstration", "shots": 10, "queries": 10 }""";
    private const ulong TestStream = 6;

    // The same by an app's means: adapt to the support set, then predict an action, take it, predict the next one.
    [Test]
    public void Evaluate_ShownNavigation_TellsReturnsAfterEachStep()
    {
        using TrainedBundle bundle = new("""{ "type": "mlp", "hidden": [16] }""", TasksText, """{ "rate": 0.1, "steps": 3 }""");
        EvaluationReport report = Evaluator.Evaluate(bundle.Path, new() { Episodes = 1, Seed = 2 });
        IActingFamily family = (IActingFamily)TaskFamilies.Create(new TaskSpec { Type = "navigation-demonstration" }, "");
        Episode episode = family.Sample(Split.Test, new EpisodeShape(1, 10, 10), new SeededRandom(2, TestStream, 0));
        using AdaptableModel model = AdaptableModel.Open(bundle.Path, new AdaptOptions { RequireImprovement = false });
        using Learner learner = model.CreateLearner();
        for (int k = 0; k <= 3; k++)
        {
            Assert.That(report.Returns!.Mean[k], Is.EqualTo(Return(learner, family)).Within(1e-3), $"after {k} steps");
            _ = learner.Adapt(new AdaptRequest { Support = SupportSet.FromTargets(episode.SupportX, episode.SupportY), Steps = 1 });
        }

        Assert.That(report.Metric, Is.EqualTo("mse"));
        Assert.That(report.Returns!.Mean, Has.Count.EqualTo(4).And.Unique);
        Assert.That(report.ToTable().Split('\n')[1], Does.Match("transductive +inductive +return +"));
    }

    [Test]
    public void Evaluate_ActingThatDiverges_HasNoFigureThere()
    {
        using TrainedBundle bundle = new("""{ "type": "linear" }""", TasksText, """{ "rate": 5, "steps": 1 }""");
        EvaluationReport report = Evaluator.Evaluate(bundle.Path, new() { Episodes = 2, Steps = 100 });
        Assert.That((report.Returns!.Mean[0], report.Returns.Mean[^1]), Is.EqualTo((report.Returns.Mean[0], double.NaN)));
        Assert.That(report.Returns.Mean[0], Is.Negative);
    }

    [Test]
    public void Write_ReportOfActing_HasAColumnOfReturnsAndShowsWhereItGoes()
    {
        using TrainedBundle bundle = new("""{ "type": "mlp", "hidden": [16] }""", TasksText, """{ "rate": 0.1, "steps": 2 }""");
        EvaluationOptions options = new() { Episodes = 3 };
        ModelReport report = ModelReport.Create(new() { Bundle = bundle.Path, Subject = "here" }, options, TimeProvider.System);
        string folder = Path.GetDirectoryName(bundle.Path)!;
        report.Write(Path.Combine(folder, "report.html"));
        XElement page = XDocument.Load(Path.Combine(folder, "report.html")).Root!;

        string[][] rows = [.. page.Descendants("table").First().Descendants("tr").Select(r => r.Elements().Select(c => c.Value).ToArray())];
        double[] returns = [.. Evaluator.Evaluate(bundle.Path, options).Returns!.Mean];
        Assert.That(rows[0][3], Is.EqualTo("return of acting"));
        Assert.That(
            rows[1..].Select(r => r[3].Split(' ')[0]),
            Is.EqualTo(returns.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))
        );
        Assert.That(page.Descendants("p").Select(p => p.Value), Has.Some.StartsWith("Return of acting: outputs are actions"));
        Assert.That(
            report.WritePlots(Path.Combine(folder, "plots")).Select(Path.GetFileName),
            Is.EqualTo(new[] { "steps.png", "paths.png", "predicted-true.png" })
        );
    }

    [Test]
    public void Evaluate_OtherRegressions_TellsNoReturns()
    {
        using TrainedBundle bundle = new("""{ "type": "mlp", "hidden": [4] }""", TrainedBundle.Sinusoid, """{ "rate": 0.1, "steps": 1 }""");
        Assert.That(Evaluator.Evaluate(bundle.Path, new() { Episodes = 2 }).Returns, Is.Null);
    }

    private static double Return(Learner learner, IActingFamily family)
    {
        IEnvironment world = family.World(Split.Test, new SeededRandom(2, TestStream, 0));
        float[] seen = new float[4];
        world.Reset(new SeededRandom(0), seen);
        double sum = 0;
        bool isOver = false;
        for (int t = 0; t < family.Horizon && !isOver; t++)
        {
            (float reward, isOver) = world.Step([.. learner.Predict(new FloatTensor([4], [.. seen])).Values], seen);
            sum += reward;
        }

        return sum;
    }
}
