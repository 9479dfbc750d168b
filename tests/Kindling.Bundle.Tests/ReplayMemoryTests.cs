namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class ReplayMemoryTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public void Add_BeyondTheCapacity_TheLargestClassLosesItsOldest()
    {
        ReplayMemory memory = new(5);
        memory.Add(Classes(("a", 1), ("a", 2), ("a", 3), ("b", 4), ("b", 5)));

        memory.Add(Classes(("c", 6)));
        Assert.That(Numbers(memory), Is.EqualTo("a2 a3 b4 b5 c6"));
        memory.Add(Classes(("c", 7)));
        Assert.That(Numbers(memory), Is.EqualTo("a3 b4 b5 c6 c7"));
        memory.Add(Classes(("c", 8), ("c", 9)));
        Assert.That(Numbers(memory), Is.EqualTo("a3 b4 b5 c8 c9"));
        Assert.That((memory.Count, memory.Capacity), Is.EqualTo((5, 5)));
    }

    [Test]
    public void Add_PointsOfAFunction_TheOldestGoes()
    {
        ReplayMemory memory = new(2);

        memory.Add(SupportSet.FromTargets(new FloatTensor([3, 1], [1, 2, 3]), new FloatTensor([3, 1], [10, 20, 30])));

        Assert.That(memory.ToSupportSet().Inputs.Values, Is.EqualTo(new[] { 2f, 3f }));
        Assert.That(memory.ToSupportSet().Targets!.Values, Is.EqualTo(new[] { 20f, 30f }));
        Assert.That(memory.Classes, Is.Empty);
    }

    [Test]
    public void SaveOpen_Classes_ComeBack()
    {
        ReplayMemory memory = new(5);
        memory.Add(Classes(("b", 1), ("a", 2), ("b", 3)));
        memory.Save(folder["memory"]);

        ReplayMemory back = ReplayMemory.Open(folder["memory"]);

        Assert.That(Numbers(back), Is.EqualTo(Numbers(memory)));
        Assert.That((back.Capacity, back.ToSupportSet().Invert), Is.EqualTo((5, (ImageInversion?)null)));
        Assert.That(back.Classes, Is.EquivalentTo(new[] { "a", "b" }));
    }

    [Test]
    public void SaveOpen_PointsOfAFunction_ComeBack()
    {
        ReplayMemory memory = new(5);
        memory.Add(SupportSet.FromTargets(new FloatTensor([2, 1], [1, 2]), new FloatTensor([2, 3], [1, 2, 3, 4, 5, 6])));
        memory.Save(folder["memory"]);

        SupportSet back = ReplayMemory.Open(folder["memory"]).ToSupportSet();

        Assert.That(back.Targets!.Shape, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(back.Targets.Values, Is.EqualTo(new[] { 1f, 2f, 3f, 4f, 5f, 6f }));
    }

    [Test]
    public void SaveOpen_Empty_ComesBackAndHasNoSupportSet()
    {
        new ReplayMemory(3).Save(folder["memory"]);

        ReplayMemory back = ReplayMemory.Open(folder["memory"]);

        Assert.That((back.Count, back.Capacity), Is.EqualTo((0, 3)));
        Assert.That(() => back.ToSupportSet(), Throws.InvalidOperationException.With.Message.EqualTo("The replay memory is empty."));
    }

    [Test]
    public void SaveOpen_Pictures_RememberTheirInversion()
    {
        BundleManifest manifest = SampleBundle.Complete with
        {
            Task = BundleManifest.Classification,
            Input = SampleBundle.Complete.Input with { Shape = [null, 1, 2, 2] },
            Preprocessing = Preprocessing.ForImage(
                new ImagePreprocessing
                {
                    Width = 2,
                    Height = 2,
                    Channels = 1,
                }
            ),
        };
        ImageInput white = ImageInput.FromPixels([.. Enumerable.Repeat((byte)255, 16)], 2, 2);
        ReplayMemory memory = new(4);
        memory.Add(SupportSet.FromImages(manifest, [("white", white)], ImageInversion.Yes));
        memory.Save(folder["memory"]);

        ReplayMemory back = ReplayMemory.Open(folder["memory"]);

        Assert.That(back.ToSupportSet().Invert, Is.EqualTo(ImageInversion.Yes));
        Assert.That(
            () => back.Add(SupportSet.FromImages(manifest, [("white", white)], ImageInversion.No)),
            Throws.ArgumentException.With.Message.EqualTo(
                "The memory holds pictures inverted 'Yes', these were inverted 'No'. (Parameter 'examples')"
            )
        );
    }

    [Test]
    public void ForgetAndClear_Examples_AreGone()
    {
        ReplayMemory memory = new(9);
        memory.Add(Classes(("a", 1), ("b", 2), ("a", 3)));

        Assert.That(memory.Forget("a"), Is.EqualTo(2));
        Assert.That(Numbers(memory), Is.EqualTo("b2"));
        memory.Clear();
        Assert.That(memory.Count, Is.Zero);
    }

    [Test]
    public void Erase_File_IsGone()
    {
        ReplayMemory memory = new(9);
        memory.Add(Classes(("a", 1)));
        memory.Save(folder["memory"]);

        ReplayMemory.Erase(folder["memory"]);
        ReplayMemory.Erase(folder["memory"]);

        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void Erase_AfterAKilledSave_LeavesNothingOfIt()
    {
        ReplayMemory memory = new(9);
        memory.Save(folder["memory"]);
        File.WriteAllText(folder[".memory.abcdefgh.ijk.tmp"], "half");
        string[] others = [folder[".memory.old.abcdefgh.ijk.tmp"], folder[".other.abcdefgh.ijk.tmp"]];
        Array.ForEach(others, other => File.WriteAllText(other, "half"));

        ReplayMemory.Erase(folder["memory"]);
        File.WriteAllText(folder[".memory.abcdefgh.ijk.tmp"], "half of the first save");
        ReplayMemory.Erase(folder["memory"]);
        ReplayMemory.Erase(folder["nowhere/memory"]);

        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EquivalentTo(others));
    }

    [Test]
    public void Add_ExamplesOfAnotherKind_AreRefused()
    {
        ReplayMemory memory = new(9);
        memory.Add(Classes(("a", 1)));
        SupportSet points = SupportSet.FromTargets(new FloatTensor([1, 1], [1]), new FloatTensor([1, 1], [1]));
        SupportSet wide = SupportSet.FromExamples([("a", new FloatTensor([2], [1, 2]))]);

        Assert.That(
            () => memory.Add(points),
            Throws.ArgumentException.With.Message.EqualTo(
                "The memory holds examples of classes, these have targets. (Parameter 'examples')"
            )
        );
        Assert.That(
            () => memory.Add(wide),
            Throws.ArgumentException.With.Message.EqualTo("The memory holds inputs of shape [1], these have [2]. (Parameter 'examples')")
        );
        Assert.That(Numbers(memory), Is.EqualTo("a1"));
    }

    [Test]
    public void Open_AnotherKindOfFile_SaysSo()
    {
        SafetensorsFile.Write(folder["x"], SampleBundle.Theta, new Dictionary<string, string> { ["format"] = "kindling-delta/2" });

        Assert.That(
            () => ReplayMemory.Open(folder["x"]),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo($"{folder["x"]}: expected a replay memory of format 'kindling-memory/1', got 'kindling-delta/2'.")
        );
    }

    private static SupportSet Classes(params (string Label, float Value)[] examples) =>
        SupportSet.FromExamples(examples.Select(example => (example.Label, new FloatTensor([1], [example.Value]))));

    private static string Numbers(ReplayMemory memory)
    {
        SupportSet set = memory.ToSupportSet();
        return string.Join(
            ' ',
            set.Labels!.Zip(set.Inputs.Values, (label, value) => $"{set.Classes[label]}{value}").Order(StringComparer.Ordinal)
        );
    }
}
