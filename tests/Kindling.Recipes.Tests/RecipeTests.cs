using Kindling.Bundles;
using Kindling.Networks;

namespace Kindling.Recipes.Tests;

public sealed class RecipeTests
{
    internal const string Right = """
        {
          "name": "test", "seed": 7,
          "network": { "type": "mlp", "hidden": [8] },
          "tasks": { "type": "sinusoid", "shots": 5, "queries": 5 },
          "algorithm": { "type": "maml", "iterations": 10, "tasksPerBatch": 2 },
          "inner": { "rate": 0.01 }
        }
        """;

    [Test]
    public void ToJson_ReadBack_IsTheSameRecipe()
    {
        string json = Recipe.Parse(Right, "test").ToJson();
        Assert.That(Recipe.Parse(json, "test").ToJson(), Is.EqualTo(json));
    }

    [Test]
    public void Changes_WhatAnIterationDoes_IsNamedAndHowManyIsFree()
    {
        Recipe before = Recipe.Parse(Right, "test");
        Recipe now = Recipe.Parse(
            Right
                .Replace("\"iterations\": 10", "\"iterations\": 20, \"validateEvery\": 5", StringComparison.Ordinal)
                .Replace("[8]", "[8, 4]", StringComparison.Ordinal)
                .Replace("\"seed\": 7", "\"seed\": 8", StringComparison.Ordinal),
            "test"
        );
        Assert.That(RecipeChanges.Find(before, now), Is.EqualTo(new[] { "seed 7 -> 8", "network.hidden [8] -> [8,4]" }));
        Assert.That(RecipeChanges.Find(before, before.With(99, null)), Is.Empty);
    }

    [Test]
    public void With_IterationsAndSeed_ReplacesOnlyThose()
    {
        Recipe recipe = Recipe.Parse(Right, "test").With(99, 3);
        Assert.That((recipe.Algorithm.Iterations, recipe.Seed, recipe.Inner.Rate), Is.EqualTo((99, 3UL, 0.01)));
    }

    [Test]
    public void Parse_UnknownMember_NamesTheNearest()
    {
        Assert.That(
            () => Recipe.Parse(Right.Replace("\"rate\"", "\"ratio\"", StringComparison.Ordinal), "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "recipe.json: unknown member 'inner.ratio'; did you mean 'inner.rate'? Known are optimizer, rate, rates, schedule, batch, steps, adaptationSteps, momentum, beta1, beta2, epsilon, weightDecay, proximal, clipNorm, jump, adapts, loss, lossUnits."
                )
        );
    }

    [Test]
    public void Parse_FewerCodesThanTheTextsHave_NamesBothNumbers()
    {
        string text = Right
            .Replace(
                "{ \"type\": \"mlp\", \"hidden\": [8] }",
                "{ \"type\": \"transformer\", \"vocabulary\": 100 }",
                StringComparison.Ordinal
            )
            .Replace("{ \"type\": \"sinusoid\",", "{ \"type\": \"clinc150\", \"ways\": 5,", StringComparison.Ordinal);
        Assert.That(
            () => Recipe.Parse(text, "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "recipe.json: network.vocabulary: 'clinc150' has 257 codes, padding included, expected at least as many, got 100."
                )
        );
        Assert.That(() => Recipe.Parse(text.Replace("100", "257", StringComparison.Ordinal), "recipe.json"), Throws.Nothing);
    }

    [Test]
    public void Parse_LanguagesForWhatIsNoLanguageModel_SaysWhatIsExpected()
    {
        string text = Right.Replace("{ \"type\": \"sinusoid\",", "{ \"type\": \"udhr\",", StringComparison.Ordinal);
        Assert.That(
            () => Recipe.Parse(text, "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "recipe.json: network.type: 'udhr' asks for the next byte at each position, expected a language model, got mlp."
                )
        );
        string right = text.Replace("{ \"type\": \"mlp\", \"hidden\": [8] }", "{ \"type\": \"gru-lm\" }", StringComparison.Ordinal);
        Assert.That(() => Recipe.Parse(right, "recipe.json"), Throws.Nothing);
    }

    [TestCase("\"learned\"", "reptile", "inner.rates: reptile cannot learn rates, expected fixed, got learned")]
    [TestCase(
        "\"learned\", \"schedule\": \"linear\"",
        "maml",
        "inner.schedule: expected constant where inner.rates is learned, since those are learned; got linear"
    )]
    [TestCase(
        "\"fixed\", \"schedule\": \"cosine\"",
        "metasgd",
        "inner.schedule: expected constant where inner.rates is elementwise, since those are learned; got cosine"
    )]
    [TestCase("\"fixed\", \"schedule\": \"magic\"", "maml", "inner.schedule: expected constant, linear or cosine, got 'magic'")]
    [TestCase("\"magic\"", "maml", "inner.rates: expected fixed, learned or elementwise, got 'magic'")]
    public void Parse_WrongRates_SaysWhatIsExpected(string rates, string algorithm, string fault)
    {
        string wrong = Right
            .Replace("\"rate\"", $"\"rates\": {rates}, \"rate\"", StringComparison.Ordinal)
            .Replace("maml", algorithm, StringComparison.Ordinal);
        Assert.That(
            () => Recipe.Parse(wrong, "recipe.json"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"recipe.json: {fault}.")
        );
    }

    [TestCase("all", "conv1.weight head.weight conv1.warp.weight")]
    [TestCase("head", "head.weight")]
    [TestCase("body", "conv1.weight conv1.warp.weight")]
    [TestCase("conv1.*", "conv1.weight conv1.warp.weight")]
    [TestCase("conv1.*, head.*", "conv1.weight head.weight conv1.warp.weight")]
    [TestCase("conv1.*,!*.warp.*", "conv1.weight")]
    [TestCase("!*.warp.*", "conv1.weight head.weight")]
    [TestCase("CONV1.*", "")]
    [TestCase("weight", "")]
    public void Adapts_Pattern_TakesTheNamesThatMatch(string adapts, string expected)
    {
        InnerSpec spec = new() { Rate = 1, Adapts = adapts };
        IEnumerable<ParameterSpec> parameters = "conv1.weight head.weight conv1.warp.weight"
            .Split(' ')
            .Select(name => new ParameterSpec(
                name,
                [1],
                InitialDistribution.Zeros,
                1,
                IsHead: name.StartsWith("head", StringComparison.Ordinal)
            ));
        Assert.That(string.Join(' ', parameters.Where(p => spec.Adapts(p)).Select(p => p.Name)), Is.EqualTo(expected));
    }

    [TestCase("\"exactSteps\": -1", "algorithm.exactSteps: expected 0 or more, got -1")]
    [TestCase("\"patience\": -1", "algorithm.patience: expected 0 or more, got -1")]
    [TestCase(
        "\"recompute\": true, \"exactSteps\": 2",
        "algorithm.recompute: goes through all inner steps, expected false where algorithm.exactSteps is 2, got true"
    )]
    [TestCase("\"multiStep\": 0.5", "algorithm.multiStep: maml has none, expected 0.1 or nothing, got 0.5")]
    [TestCase("\"firstOrder\": 0.5", "algorithm.firstOrder: maml has none, expected 0 or nothing, got 0.5")]
    [TestCase("\"conjugateSteps\": 6", "algorithm.conjugateSteps: maml has none, expected 5 or nothing, got 6")]
    [TestCase("\"average\": 0", "algorithm.average: expected 1 or more, got 0")]
    [TestCase("\"clipRatio\": -1", "algorithm.clipRatio: expected 0 or a share below 1, got -1")]
    [TestCase("\"clipRatio\": 0.2", "algorithm.clipRatio: is for worlds to act in, 'sinusoid' is none, expected 0, got 0.2")]
    [TestCase(
        "\"passes\": 3",
        "algorithm.passes: expected 1 where algorithm.clipRatio is 0, since the plain policy gradient holds for one step, got 3"
    )]
    public void Parse_WrongCourse_SaysWhatIsExpected(string member, string fault) =>
        Assert.That(
            () => Recipe.Parse(Right.Replace("\"iterations\"", $"{member}, \"iterations\"", StringComparison.Ordinal), "recipe.json"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"recipe.json: {fault}.")
        );

    [Test]
    public void Parse_RecomputeOfWhatDoesNotGoThroughSteps_SaysSo()
    {
        string[] through = [.. AlgorithmRows.All.Where(r => r.GoesThroughSteps).Select(r => r.Type)];
        Assert.That(through, Is.EqualTo("maml anil boil metasgd mamlpp cavia protomaml oml anml continual-maml lamaml daml".Split(' ')));
        Recipe recipe = Recipe.Parse(Right, "test");
        recipe = recipe with { Algorithm = recipe.Algorithm with { Recompute = true } };
        Assert.That(recipe.WithAlgorithm("fomaml").Algorithm.Recompute, Is.False, "is left out where it means nothing");
        Assert.That(
            () => Recipe.Parse((recipe with { Algorithm = recipe.Algorithm with { Type = "reptile" } }).ToJson(), "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "recipe.json: algorithm.recompute: reptile does not go through the inner steps, expected false, got true."
                )
        );
    }

    [Test]
    public void Parse_ExactStepsOfWhatDoesNotGoThroughSteps_SaysSo()
    {
        string text = Right.Replace("\"iterations\"", "\"exactSteps\": 2, \"iterations\"", StringComparison.Ordinal);
        Assert.That(Recipe.Parse(text, "test").WithAlgorithm("fomaml").Algorithm.ExactSteps, Is.Zero, "is left out where it means nothing");
        Assert.That(
            () => Recipe.Parse(text.Replace("maml", "fomaml", StringComparison.Ordinal), "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo("recipe.json: algorithm.exactSteps: fomaml does not go through the inner steps, expected 0, got 2.")
        );
    }

    [Test]
    public void WithAlgorithm_Another_LeavesOutWhatItDoesNotRead()
    {
        string text = Right
            .Replace("maml\"", "mamlpp\", \"multiStep\": 0.5, \"firstOrder\": 0.2", StringComparison.Ordinal)
            .Replace("\"rate\"", "\"proximal\": 1, \"rate\"", StringComparison.Ordinal);
        AlgorithmSpec other = Recipe.Parse(text, "test").WithAlgorithm("imaml").Algorithm;
        Assert.That((other.MultiStep, other.FirstOrder, other.ConjugateSteps), Is.EqualTo((0.1, 0.0, 5)));
    }

    [TestCase("same", "maml", "linear", "0", "")]
    [TestCase("mse", "maml", "linear", "0.5", "")]
    [TestCase("mse", "protomaml", "prototypes", "0.5", "")]
    [TestCase("entropy", "maml", "linear", "0", "")]
    [TestCase("l1", "maml", "linear", "0", "inner.loss: l1 is for regressions, expected same, mse or entropy, got l1")]
    [TestCase("huber", "maml", "linear", "0", "inner.loss: huber is for regressions, expected same, mse or entropy, got huber")]
    [TestCase("learned", "maml", "linear", "0", "inner.loss: maml learns no loss, expected same, mse or entropy, got learned")]
    [TestCase("entropy", "maml", "linear", "1", "inner.jump: entropy says nothing of how well the learner does, expected 0, got 1")]
    [TestCase("entropy", "protomaml", "prototypes", "0", "network.head: entropy reads no labels, expected linear, got prototypes")]
    public void Parse_LossOfAClassification_SaysWhatIsExpected(string loss, string type, string head, string jump, string fault)
    {
        string json = $$"""
            {
              "name": "test", "seed": 7,
              "network": { "type": "conv4", "filters": 4, "normalization": "layer", "head": "{{head}}" },
              "tasks": { "type": "glyphs", "ways": 3, "shots": 1, "queries": 2 },
              "algorithm": { "type": "{{type}}", "iterations": 10, "tasksPerBatch": 2 },
              "inner": { "rate": 0.01, "loss": "{{loss}}", "jump": {{jump}} }
            }
            """;
        if (fault.Length == 0)
        {
            Recipe recipe = Recipe.Parse(json, "recipe.json");
            Assert.That(recipe.Inner.Loss, Is.EqualTo(loss));
            Assert.That(recipe.WithAlgorithm("fomaml").Inner.Loss, Is.EqualTo(loss), "is the recipe's choice");
        }
        else
        {
            Assert.That(
                () => Recipe.Parse(json, "recipe.json"),
                Throws.TypeOf<BundleException>().With.Message.EqualTo($"recipe.json: {fault}.")
            );
        }
    }

    // Rates of four steps; what a bundle carries, and the last goes on.
    [TestCase("constant", new[] { 0.5f })]
    [TestCase("linear", new[] { 0.5f, 0.375f, 0.25f, 0.125f })]
    [TestCase("cosine", new[] { 0.5f, 0.4267767f, 0.25f, 0.0732233f })]
    public void RateOf_Schedule_FallsOverTheSteps(string schedule, float[] expected)
    {
        InnerSpec inner = new()
        {
            Rate = 0.5,
            Steps = 4,
            Schedule = schedule,
        };
        Assert.That(Enumerable.Range(0, inner.RateRows).Select(inner.RateOf), Is.EqualTo(expected).Within(1e-7));
    }

    [Test]
    public void Changes_OfPatience_AreFreeAndOfAverageAreNot()
    {
        Recipe before = Recipe.Parse(Right, "test");
        Recipe now = Recipe.Parse(
            Right.Replace("\"iterations\"", "\"patience\": 3, \"average\": 2, \"iterations\"", StringComparison.Ordinal),
            "test"
        );
        Assert.That(RecipeChanges.Find(before, now), Is.EqualTo(new[] { "algorithm.average 1 -> 2" }));
        Assert.That(RecipeChanges.Find(before, before with { Inner = before.Inner with { Jump = 2 } }), Is.Empty, "is the app's");
    }

    [TestCase("maml", "mlp", "\"loss\": \"learned\"", "inner.loss: maml learns no loss, expected same, l1 or huber, got learned")]
    [TestCase(
        "maml",
        "mlp",
        "\"loss\": \"magic\"",
        "inner.loss: expected same, learned, mse, entropy, l1, huber, policy-gradient or detection, got 'magic'"
    )]
    [TestCase(
        "maml",
        "mlp",
        "\"loss\": \"entropy\"",
        "inner.loss: entropy is for classifications, expected same, l1 or huber, got entropy"
    )]
    [TestCase("maml", "mlp", "\"loss\": \"mse\"", "inner.loss: mse is for classifications, expected same, l1 or huber, got mse")]
    [TestCase("daml", "mlp", "\"loss\": \"huber\"", "inner.loss: daml means learned, got huber")]
    [TestCase("maml", "mlp", "\"lossUnits\": 20", "inner.lossUnits: same has none, expected 16 or nothing, got 20")]
    [TestCase("maml", "mlp", "\"momentum\": 1", "inner.momentum: expected 0 or more and below 1, got 1")]
    [TestCase("maml", "mlp", "\"beta1\": -0.1", "inner.beta1: expected 0 or more and below 1, got -0.1")]
    [TestCase("maml", "mlp", "\"beta2\": 1.5", "inner.beta2: expected 0 or more and below 1, got 1.5")]
    [TestCase("maml", "mlp", "\"epsilon\": -1e-8", "inner.epsilon: expected 0 or more, got -1E-08")]
    [TestCase("daml", "mlp", "\"lossUnits\": 0", "inner.lossUnits: expected 1 to 4096, got 0")]
    [TestCase(
        "daml",
        "conv4\", \"head\": \"prototypes",
        "\"steps\": 1",
        "network.head: a learned loss reads no labels, expected linear, got prototypes"
    )]
    [TestCase(
        "daml",
        "conv4\", \"normalization\": \"support",
        "\"steps\": 1",
        "network.normalization: a learned loss reads support sets of one size, and support takes statistics of others; expected none, batch, group or layer"
    )]
    [TestCase("oml", "mlp", "\"steps\": 2", "inner.batch: oml takes the examples one after the other, expected 1 or more, got 0")]
    [TestCase("continual-maml", "mlp", "\"jump\": 0", "inner.jump: continual-maml needs a positive number, got 0")]
    [TestCase("maml", "mlp", "\"jump\": -1", "inner.jump: expected 0 or more, got -1")]
    [TestCase("daml", "mlp", "\"jump\": 1", "inner.jump: a learned loss says nothing of how well the learner does, expected 0, got 1")]
    [TestCase("lamaml", "mlp", "\"batch\": 1", "algorithm.outerOptimizer: lamaml needs rates, got adam")]
    [TestCase("maml", "mlp", "\"batch\": -1", "inner.batch: expected 0 or more, got -1")]
    [TestCase("daml", "mlp", "\"batch\": 2", "inner.batch: a learned loss reads all examples in order, expected 0, got 2")]
    [TestCase(
        "maml",
        "conv4\", \"normalization\": \"batch",
        "\"batch\": 2",
        "inner.batch: statistics of 2 of the examples are not those of all, expected 0, or normalization none, group or layer, got 2"
    )]
    [TestCase(
        "maml",
        "conv4\", \"head\": \"prototypes",
        "\"batch\": 2",
        "inner.batch: 2 of the examples are not all classes, which prototypes are of, expected 0, or a linear head, got 2"
    )]
    [TestCase("maml", "gru-lm", "\"loss\": \"l1\"", "inner.loss: gru-lm scores codes, expected same, got l1")]
    [TestCase(
        "maml",
        "tcn\", \"causal\": true, \"heads\": 2, \"positions\": \"rotary",
        "\"steps\": 1",
        "network.heads: tcn has no heads; it has layers, width, kernel, causal; network.positions: tcn has no positions; it has layers, width, kernel, causal"
    )]
    public void Parse_WrongRule_SaysWhatIsExpected(string algorithm, string network, string inner, string fault)
    {
        string wrong = Right
            .Replace("\"rate\"", $"{inner}, \"rate\"", StringComparison.Ordinal)
            .Replace("mlp", network, StringComparison.Ordinal)
            .Replace("maml", algorithm, StringComparison.Ordinal);
        Assert.That(
            () => Recipe.Parse(wrong, "recipe.json"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"recipe.json: {fault}.")
        );
    }

    [Test]
    public void Parse_Alphabets_StandInTheRecipeAndAreNoFreeMember()
    {
        string omniglot = Right
            .Replace("\"mlp\", \"hidden\": [8]", "\"conv4\"", StringComparison.Ordinal)
            .Replace(
                "\"sinusoid\"",
                "\"omniglot\", \"ways\": 20, \"split\": \"lake\", \"within\": \"alphabet\", \"alphabets\": 10",
                StringComparison.Ordinal
            );
        Recipe recipe = Recipe.Parse(omniglot, "test");
        Recipe other = Recipe.Parse(omniglot.Replace("\"alphabets\": 10", "\"alphabets\": 11", StringComparison.Ordinal), "test");

        Assert.That((recipe.Tasks.Split, recipe.Tasks.Within, recipe.Tasks.Alphabets), Is.EqualTo(("lake", "alphabet", 10)));
        Assert.That(Recipe.Parse(recipe.ToJson(), "test").ToJson(), Is.EqualTo(recipe.ToJson()));
        Assert.That(RecipeChanges.Find(recipe, other), Is.EqualTo(new[] { "tasks.alphabets 10 -> 11" }));
        Assert.That(Recipe.Parse(Right, "test").ToJson(), Does.Not.Contain("split").And.Not.Contain("within"));
        Assert.That(
            () => Recipe.Parse(omniglot.Replace("\"lake\"", "\"late\"", StringComparison.Ordinal), "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "recipe.json: tasks.split must be vinyals or lake, got 'late'.; tasks.alphabets needs tasks.split lake, got late.."
                )
        );
    }

    [Test]
    public void Parse_SeveralFaults_ReportsAllAtOnce()
    {
        string wrong = Right.Replace("0.01", "-1", StringComparison.Ordinal).Replace("maml", "magic", StringComparison.Ordinal);
        Assert.That(
            () => Recipe.Parse(wrong, "recipe.json"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    "recipe.json: algorithm.type: expected one of maml, fomaml, reptile, anil, boil, metasgd, mamlpp, imaml, cavia, protomaml, protonet, leap, warpgrad, oml, anml, continual-maml, lamaml, daml, joint, random, got 'magic'; inner.rate: expected a positive number, got -1."
                )
        );
    }
}
