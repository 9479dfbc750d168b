using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>What happens to a learner's state on disk.</summary>
public sealed class DeltaTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Classifier(_folder["b"], new TestBundleOptions { Rates = [0.4f] });
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void OpenLearner_DeltaOfAnotherBundle_BothAreNamed()
    {
        SaveAdapted("b");
        BundleManifest other = TestBundles.Classifier(_folder["other"], new TestBundleOptions { Rates = [0.2f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["other"]);

        string own = BundleFiles.Open(_folder["b"]).Manifest.BaseIdentity;
        Assert.That(own, Is.Not.EqualTo(other.BaseIdentity));
        Assert.That(
            () => model.OpenLearner(_folder["user.adapted"]),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{_folder["user.adapted"]}: the delta belongs to another bundle: 'classifier' ({own[..12]}), this is 'classifier' ({other.BaseIdentity[..12]})."
                )
        );
    }

    [TestCase(0, new[] { false })]
    [TestCase(1, new[] { true, false })]
    [TestCase(3, new[] { true, true, true, false })]
    public void Rollback_Depth_AsManyStatesAsTheOptionsSay(int depth, bool[] expected)
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"], new AdaptOptions { RollbackDepth = depth });
        using Learner learner = model.CreateLearner();
        List<float> seen = [];
        for (int i = 0; i < 5; i++)
        {
            seen.Add(learner.Parameters["head.b"].Values[0]);
            Assert.That(learner.Adapt(Data.Three).Accepted, Is.True);
        }

        for (int i = 0; i < expected.Length; i++)
        {
            Assert.That(learner.Rollback(), Is.EqualTo(expected[i]));
            if (expected[i])
            {
                Assert.That(learner.Parameters["head.b"].Values[0], Is.EqualTo(seen[^(i + 1)]));
            }
        }
    }

    [Test]
    public void Save_WithGenerations_EarlierStatesCanBeOpened()
    {
        using AdaptableModel model = AdaptableModel.Open(_folder["b"], new AdaptOptions { SavedGenerations = 2 });
        using Learner learner = model.CreateLearner();
        List<IReadOnlyList<float>> predictions = [];
        for (int i = 0; i < 4; i++)
        {
            learner.Adapt(Data.Three);
            learner.Save(_folder["user.adapted"]);
            predictions.Add(learner.Predict(Data.Point(1, 0)).Values);
        }

        IReadOnlyList<string> kept = DeltaFile.Generations(_folder["user.adapted"]);
        Assert.That(kept, Is.EqualTo(new[] { _folder["user.adapted.3"], _folder["user.adapted.2"] }));
        using Learner now = model.OpenLearner(_folder["user.adapted"]);
        using Learner before = model.OpenLearner(kept[0]);
        using Learner first = model.OpenLearner(kept[1]);
        Assert.That(
            new[] { now, before, first }.Select(back => back.Predict(Data.Point(1, 0)).Values),
            Is.EqualTo(new[] { predictions[3], predictions[2], predictions[1] })
        );
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void OpenLearner_DeltaWithoutNumbers_IsRefused(float value)
    {
        SaveAdapted("b");
        DeltaFile delta = DeltaFile.Read(_folder["user.adapted"]);
        delta.Tensors["head.b"].Values[1] = value;
        delta.Write(_folder["user.adapted"]);
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);

        Assert.That(
            () => model.OpenLearner(_folder["user.adapted"]),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"{_folder["user.adapted"]}: 'head.b' holds NaN or infinity.")
        );
    }

    [Test]
    public void MigrateLearner_SameShapes_PredictsAsBeforeTheUpdate()
    {
        IReadOnlyList<float> expected = SaveAdapted("b");
        TestBundles.Classifier(_folder["new"], new TestBundleOptions { Rates = [0.2f] });
        using AdaptableModel model = AdaptableModel.Open(_folder["new"]);

        using Learner learner = model.MigrateLearner(_folder["user.adapted"], out DeltaMigration migration);

        Assert.That(learner.Predict(Data.Point(0.3f, 1)).Values, Is.EqualTo(expected));
        Assert.That(learner.Classes, Is.EqualTo(new[] { "ant", "bee" }));
        Assert.That(migration.Kept, Is.EqualTo(new[] { "body.b", "body.w", "head.b", "head.w" }));
        Assert.That((migration.Dropped.Count, migration.Fresh.Count, migration.From), Is.EqualTo((0, 0, "classifier")));
        learner.Save(_folder["moved.adapted"]);
        using Learner back = model.OpenLearner(_folder["moved.adapted"]);
        Assert.That(back.Predict(Data.Point(0.3f, 1)).Values, Is.EqualTo(expected));
    }

    [Test]
    public void MigrateLearner_BundleAdaptsLess_SaysWhatItDropped()
    {
        SaveAdapted("b");
        TestBundles.Classifier(_folder["new"], new TestBundleOptions { HeadOnly = true });
        using AdaptableModel model = AdaptableModel.Open(_folder["new"]);

        using Learner learner = model.MigrateLearner(_folder["user.adapted"], out DeltaMigration migration);

        Assert.That(migration.Kept, Is.EqualTo(new[] { "head.b", "head.w" }));
        Assert.That(
            migration.Dropped,
            Is.EqualTo(
                new[]
                {
                    "'body.b': the bundle does not adapt it.",
                    "'body.w': the bundle does not adapt it.",
                    "The classes ant, bee: head slots mean something only with the features that they were fitted to.",
                }
            )
        );
        Assert.That(learner.Classes, Is.Empty);
        Assert.That(
            migration.ToString(),
            Does.StartWith("From 'classifier': 2 tensors kept, 0 at the meta-initialisation. Dropped: 'body.b': the bundle does")
        );
    }

    [Test]
    public void MigrateLearner_BundleAdaptsMore_TheRestStartsAtTheMetaInitialisation()
    {
        SaveAdapted("b");
        TestBundles.Classifier(_folder["new"], new TestBundleOptions { Normalization = "support" });
        using AdaptableModel model = AdaptableModel.Open(_folder["new"]);
        using Learner fresh = model.CreateLearner();

        using Learner learner = model.MigrateLearner(_folder["user.adapted"], out DeltaMigration migration);

        Assert.That(migration.Fresh, Is.EqualTo(new[] { "mean" }));
        Assert.That(learner.Parameters["mean"].Values, Is.EqualTo(fresh.Parameters["mean"].Values));
        Assert.That(learner.Classes, Is.EqualTo(new[] { "ant", "bee" }));
    }

    [Test]
    public void MigrateLearner_NothingFits_IsAnError()
    {
        SaveAdapted("b");
        TestBundles.Linear(_folder["line"]);
        using AdaptableModel model = AdaptableModel.Open(_folder["line"]);

        Assert.That(
            () => model.MigrateLearner(_folder["user.adapted"], out _),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo(
                    $"{_folder["user.adapted"]}: nothing of this delta of 'classifier' fits 'linear': 'body.b': the bundle does not adapt it. "
                        + "'body.w': the bundle does not adapt it. 'head.b': the bundle does not adapt it. 'head.w': the bundle does not adapt it."
                )
        );
    }

    [Test]
    public void MigrateLearner_OtherShapes_AreNamed()
    {
        SaveAdapted("b");
        DeltaFile delta = DeltaFile.Read(_folder["user.adapted"]);
        Dictionary<string, FloatTensor> tensors = new(delta.Tensors)
        {
            ["head.w"] = FloatTensor.Zeros(8, 5),
            ["head.b"] = new FloatTensor([3], [0, float.NaN, 0]),
        };
        new DeltaFile
        {
            Base = "old",
            Name = "old",
            Classes = ["a", "b", "c", "d", "e"],
            Steps = 3,
            Tensors = tensors,
        }.Write(_folder["old.adapted"]);
        using AdaptableModel model = AdaptableModel.Open(_folder["b"]);

        using Learner learner = model.MigrateLearner(_folder["old.adapted"], out DeltaMigration migration);

        Assert.That(
            migration.Dropped,
            Is.EqualTo(
                new[]
                {
                    "'head.b': it holds NaN or infinity.",
                    "'head.w': the bundle has shape [8, 3], the delta [8, 5].",
                    "The classes a, b, c, d, e: the bundle has 3 head slots.",
                }
            )
        );
        Assert.That(migration.Fresh, Is.EqualTo(new[] { "head.w", "head.b" }));
        Assert.That(learner.Parameters["body.w"].Values, Is.EqualTo(delta.Tensors["body.w"].Values));
    }

    private IReadOnlyList<float> SaveAdapted(string bundle)
    {
        using AdaptableModel model = AdaptableModel.Open(_folder[bundle]);
        using Learner learner = model.CreateLearner();
        learner.Adapt(Data.Two);
        learner.Save(_folder["user.adapted"]);
        return learner.Predict(Data.Point(0.3f, 1)).Values;
    }
}
