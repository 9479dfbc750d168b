using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Train.Session;

namespace Kindling.Export.Tests;

/// <summary>What a learner keeps of classes and boxes, on an exported detector of two slots.</summary>
public sealed class DetectorTests
{
    private const int Size = 32;
    private string folder = "";
    private AdaptableModel model = null!;

    [OneTimeSetUp]
    public void Train()
    {
        folder = Directory.CreateTempSubdirectory("kindling-detector-").FullName;
        NetworkCase network = NetworkCase.All.First(row => row.Input == NetworkInput.Scene);
        string checkpoint = Path.Combine(folder, "checkpoint");
        TrainingSession session = new(network.Recipe(3, "graph"), network.Tasks(), checkpoint, TimeProvider.System);
        Assert.That(session.Run(2, false, new Progress<TrainingProgress>(), default), Is.True);
        _ = BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
        model = AdaptableModel.Open(Path.Combine(folder, "bundle"), new AdaptOptions { RequireImprovement = false });
    }

    [OneTimeTearDown]
    public void Remove()
    {
        model.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void Adapt_ClassByClass_KeepsTheirSlotsInTheDeltaToo()
    {
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(Examples(("b", 3)));
        _ = learner.Adapt(Examples(("a", 9)));
        string file = Path.Combine(folder, "two.adapted");
        learner.Save(file);
        using Learner back = model.OpenLearner(file);

        Assert.That(back.Classes, Is.EqualTo(new[] { "b", "a" }));
        IReadOnlyList<Detection> found = back.Detect(Picture(3), leastScore: 0);
        Assert.That(found, Is.EqualTo(learner.Detect(Picture(3), leastScore: 0)).And.Not.Empty);
        Assert.That(found.Select(d => d.Label).Distinct().Order(), Is.EqualTo(new[] { "a", "b" }));
    }

    // the class in slot 1, first of the names, moves what slot 1 says
    [Test]
    public void Adapt_SecondClass_TrainsItsOwnSlot()
    {
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(Examples(("b", 3)));
        _ = learner.Adapt(new AdaptRequest { Support = Examples(("a", 9)), Steps = 40 });

        IReadOnlyList<Detection> found = learner.Detect(Picture(9), leastScore: 0);
        Assert.That(found[0].Label, Is.EqualTo("a"));
    }

    [Test]
    public void Adapt_MoreClassesThanSlots_IsRefused()
    {
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(Examples(("a", 3), ("b", 9)));
        Assert.That(
            () => learner.Adapt(Examples(("c", 3))),
            Throws.ArgumentException.With.Message.Contains("has 2 head slots, the examples make 3 classes: a, b, c.")
        );
    }

    // the learner as it was knows no class: nothing that it says of the held-out pictures is right
    [Test]
    public void Adapt_FromStartWithHeldOutPictures_BeatsALearnerWithoutTheirClasses()
    {
        using Learner learner = model.CreateLearner();
        AdaptReport report = learner.Adapt(
            new AdaptRequest
            {
                Support = Examples(("a", 3), ("a", 9), ("a", 14)),
                HoldOut = 0.3,
                FromStart = true,
            }
        );
        Assert.That(report.Accepted, Is.True, report.Reason);
    }

    [Test]
    public void Adapt_ValidationOfAnUnknownClass_IsRefused()
    {
        using Learner learner = model.CreateLearner();
        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = Examples(("cat", 3)), Validation = Examples(("Cat", 9)) }),
            Throws.ArgumentException.With.Message.StartsWith("The validation set has an object of the class 'Cat', the learner has cat.")
        );
    }

    [Test]
    public void Adapt_HoldOutOfTheOnlyPictureOfAClass_IsRefused()
    {
        using Learner learner = model.CreateLearner();
        SupportSet two = SupportSet.FromObjects(model.Manifest, [(Picture(3), []), (Picture(9), [At("a", 9)])]);
        Assert.That(
            () => learner.Adapt(new AdaptRequest { Support = two, HoldOut = 0.5 }),
            Throws.ArgumentException.With.Message.StartsWith("Nothing can be held out")
        );
    }

    [Test]
    public void Add_ToAReplayMemory_IsRefused() =>
        Assert.That(
            () => new ReplayMemory(10).Add(Examples(("a", 3))),
            Throws.ArgumentException.With.Message.StartsWith("A replay memory keeps no pictures with objects")
        );

    [Test]
    public void Predict_OfADetector_SaysWhatToAsk()
    {
        using Learner learner = model.CreateLearner();
        Assert.That(
            () => learner.Predict(Picture(3)),
            Throws.InvalidOperationException.With.Message.EqualTo("A detector has no label for a whole picture: ask it to detect.")
        );
    }

    // each picture has one bright square
    private SupportSet Examples(params (string Label, int At)[] items) =>
        SupportSet.FromObjects(
            model.Manifest,
            items.Select(item => (Picture(item.At), (IReadOnlyList<LabelledBox>)[At(item.Label, item.At)]))
        );

    private static LabelledBox At(string label, int at) => new(label, new Box(at, at, at + 10, at + 10));

    private static ImageInput Picture(int at)
    {
        byte[] pixels = new byte[Size * Size];
        for (int i = 0; i < 100; i++)
        {
            pixels[((at + (i / 10)) * Size) + at + (i % 10)] = 220;
        }

        return ImageInput.FromGrey(pixels, Size, Size);
    }
}
