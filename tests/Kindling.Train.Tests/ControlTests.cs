using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Session;

namespace Kindling.Train.Tests;

/// <summary>Meta-training of policies on what they live through themselves.</summary>
public sealed class ControlTests
{
    [TestCase("maml", "graph")]
    [TestCase("maml", "torch")]
    [TestCase("fomaml", "graph")]
    [TestCase("reptile", "torch")]
    [TestCase("cavia", "graph")]
    [TestCase("maml", "graph", 0.2, 3)]
    [TestCase("joint", "torch", 0.1, 2)]
    public void Step_AnyThreadsAndAResumption_GiveEqualBits(string algorithm, string engine, double clip = 0, int passes = 1)
    {
        float[] alone = Train(algorithm, engine, 1, clip, passes);
        Assert.That(Train(algorithm, engine, 2, clip, passes), Is.EqualTo(alone));

        using MetaTrainer first = Create(algorithm, engine, 2, clip: clip, passes: passes);
        _ = first.Step();
        using MetaTrainer second = Create(algorithm, engine, 1, clip: clip, passes: passes);
        second.Restore(first.Snapshot(), first.Iteration, null);
        _ = second.Step();
        _ = second.Step();
        Assert.That(Flatten(second), Is.EqualTo(alone));
    }

    // Each episode has a simulation of its own, in whatever thread.
    [TestCase("reacher")]
    [TestCase("runner")]
    public void Step_RobotsOnAnyThreads_GiveEqualBits(string family)
    {
        InstalledMuJoCo.Require();
        Assert.That(Flat(2), Is.EqualTo(Flat(1)));

        float[] Flat(int threads)
        {
            using MetaTrainer trainer = Create("maml", "graph", threads, clip: 0.2, passes: 2, family: family);
            _ = trainer.Step();
            _ = trainer.Step();
            return Flatten(trainer);
        }
    }

    // In the first pass every probability is what it was when the action was taken, where the clipped objective has the policy gradient's slope.
    [TestCase("graph")]
    [TestCase("torch")]
    public void Step_ClippedOfOnePass_IsThePolicyGradient(string engine)
    {
        float[] plain = Train("maml", engine, 1);
        float[] clipped = Train("maml", engine, 1, clip: 0.2);
        float[] twice = Train("maml", engine, 1, clip: 0.2, passes: 2);
        Assert.That(Distance(clipped, plain), Is.LessThan(1e-3));
        Assert.That(Distance(twice, plain), Is.GreaterThan(1e-2));
    }

    // The two engines differ by rounding only, although each lives through episodes of its own policy.
    [TestCase("maml")]
    [TestCase("cavia")]
    public void Step_BothEngines_Agree(string algorithm)
    {
        float[] graph = Train(algorithm, "graph", 1);
        float[] torch = Train(algorithm, "torch", 1);
        Assert.That(Distance(graph, torch), Is.LessThan(1e-3));
    }

    // A policy that a step has sent out of all bounds has no actions: the training says so by its loss, as any other.
    [TestCase("graph", 1)]
    [TestCase("torch", 2)]
    public void Step_ThePolicyDiverges_IsNotANumber(string engine, int threads)
    {
        using MetaTrainer trainer = Create("maml", engine, threads, rate: 1e30);
        float[] before = Flatten(trainer);
        Assert.That(trainer.Step(), Is.NaN);
        Assert.That(Flatten(trainer), Is.EqualTo(before), "nothing has moved");
        Assert.That(trainer.Validate()[1..], Is.All.NaN);
        Assert.That(trainer.Best, Is.Null);
    }

    // A device draws the data of the next iteration beside this one; what a policy lives through in it is not there yet.
    [Test]
    public void Create_OnADevice_IsRefused() =>
        Assert.That(
            () => Create("maml", "torch", 1, device: TrainingDevice.Processor()),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo("tasks.type: 'navigation' is a world to act in; policies train on the processor.")
        );

    // Returns from validation goals: higher after steps of the policy gradient, and after a short meta-training higher still.
    [Test]
    public void Validate_AfterMetaTraining_IsHigherAfterAStepThanBefore()
    {
        using MetaTrainer trainer = Create("maml", "graph", 2, iterations: 40, tasks: 10);
        double[] fresh = trainer.Validate();
        while (trainer.Iteration < 40)
        {
            _ = trainer.Step();
        }

        double[] trained = trainer.Validate();
        Assert.That(fresh, Is.All.LessThan(0).And.All.GreaterThan(-80));
        Assert.That(trained[^1], Is.GreaterThan(fresh[^1] + 3), "adaptation pays after meta-training");
        Assert.That(trained[^1], Is.GreaterThan(trained[0] + 3), "a step of adaptation finds a goal that the policy does not see");
        Assert.That(trainer.Best!.Value.Metric, Is.EqualTo(Math.Max(fresh[^1], trained[^1])));
    }

    [TestCase("""{ "type": "mlp" }""", "policy-gradient", "network.type: 'navigation' is a world to act in, expected policy, got mlp")]
    [TestCase("""{ "type": "policy" }""", "same", "inner.loss: 'navigation' is a world to act in, expected policy-gradient, got same")]
    public void Parse_NavigationWithoutAPolicy_IsRefused(string network, string loss, string fault) =>
        Assert.That(
            () => Recipe.Parse(Text("maml", "graph", network, loss, "navigation"), "test"),
            Throws.TypeOf<BundleException>().With.Message.Contain(fault)
        );

    [Test]
    public void Parse_ClipRatioOfWhatDescendsNoSuchLoss_IsRefused()
    {
        string text = Text("reptile", "torch", """{ "type": "policy" }""", "policy-gradient", "navigation", clip: 0.2);
        Assert.That(
            () => Recipe.Parse(text, "test"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "test: algorithm.clipRatio: reptile does not descend a loss of what was adapted, expected 0, got 0.2."
                )
        );
        Recipe reptile = Recipe.Parse(text.Replace("reptile", "maml", StringComparison.Ordinal), "test").WithAlgorithm("reptile");
        Assert.That((reptile.Algorithm.ClipRatio, reptile.Algorithm.Passes), Is.EqualTo((0, 1)), "is left out where it means nothing");
    }

    [Test]
    public void Parse_PolicyElsewhere_IsRefused() =>
        Assert.That(
            () => Recipe.Parse(Text("maml", "graph", """{ "type": "policy" }""", "policy-gradient", "sinusoid"), "test"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Contain("inner.loss: policy-gradient is for worlds to act in, 'sinusoid' is none")
                .And.Message.Contain("network.type: policy is for worlds to act in, 'sinusoid' is none")
        );

    private static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (double)(x - y)).Sum() / b.Sum(v => (double)v * v));

    private static float[] Train(string algorithm, string engine, int threads, double clip = 0, int passes = 1)
    {
        using MetaTrainer trainer = Create(algorithm, engine, threads, clip: clip, passes: passes);
        for (int i = 0; i < 3; i++)
        {
            _ = trainer.Step();
        }

        return Flatten(trainer);
    }

    private static float[] Flatten(MetaTrainer trainer) => [.. trainer.Parameters.SelectMany(p => p.Values)];

    private static MetaTrainer Create(
        string algorithm,
        string engine,
        int threads,
        int iterations = 3,
        int tasks = 3,
        double clip = 0,
        int passes = 1,
        string family = "navigation",
        double rate = 0.2,
        TrainingDevice? device = null
    )
    {
        string network =
            algorithm == "cavia" ? """{ "type": "policy", "hidden": [20], "context": 3 }""" : """{ "type": "policy", "hidden": [20] }""";
        Recipe recipe = Recipe.Parse(
            Text(algorithm, engine, network, "policy-gradient", family, iterations, tasks, clip, passes, rate),
            "test"
        );
        return new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, "data"), threads, device: device);
    }

    private static string Text(
        string algorithm,
        string engine,
        string network,
        string loss,
        string family,
        int iterations = 3,
        int tasks = 3,
        double clip = 0,
        int passes = 1,
        double rate = 0.2
    ) =>
        $$"""
            {
              "name": "control", "description": "test", "seed": 4, "network": {{network}},
              "tasks": { "type": "{{family}}", "shots": 10, "queries": 10 },
              "algorithm": { "type": "{{algorithm}}", "engine": "{{engine}}", "iterations": {{iterations}}, "tasksPerBatch": {{tasks}}, "outerRate": 0.005, "clipRatio": {{clip}}, "passes": {{passes}}, "validationEpisodes": 20 },
              "inner": { "rate": {{rate}}, "steps": 1, "loss": "{{loss}}" }
            }
            """;
}
