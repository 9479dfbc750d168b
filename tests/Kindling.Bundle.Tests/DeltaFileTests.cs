namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class DeltaFileTests
{
    /// <summary>Of format 1.</summary>
    private static readonly Dictionary<string, string> Metadata = new()
    {
        ["format"] = "kindling-delta/1",
        ["base"] = "abc",
        ["name"] = "line",
        ["classes"] = "[\"a\",\"b\"]",
        ["steps"] = "3",
    };

    private static readonly TestCaseData[] Faults =
    [
        Row("format", "kindling-delta/3", "the file has format 3, this version of the library reads up to 2: it needs a newer one."),
        Row("format", "kindling-delta/2", "not a delta, the metadata 'sha256' is missing."),
        Row("format", "kindling-delta/0", "expected a delta of format 'kindling-delta/2', got 'kindling-delta/0'."),
        Row("format", "something/1", "expected a delta of format 'kindling-delta/2', got 'something/1'."),
        Row("format", null, "not a delta, the metadata 'format' is missing."),
        Row("base", null, "not a delta, the metadata 'base' is missing."),
        Row("name", null, "not a delta, the metadata 'name' is missing."),
        Row("classes", null, "not a delta, the metadata 'classes' is missing."),
        Row("steps", null, "not a delta, the metadata 'steps' is missing."),
        Row("steps", "-1", "expected a number of steps, got '-1'."),
        Row("steps", "many", "expected a number of steps, got 'many'."),
        Row("steps", "99999999999", "expected a number of steps, got '99999999999'."),
        Row("classes", "[\"a\",\"a\"]", "expected different class names as a JSON array, got '[\"a\",\"a\"]'."),
        Row("classes", "[\"a\",null]", "expected different class names as a JSON array, got '[\"a\",null]'."),
        Row("classes", "[\"\"]", "expected different class names as a JSON array, got '[\"\"]'."),
        Row("classes", "null", "expected different class names as a JSON array, got 'null'."),
        Row("classes", "a, b", "expected different class names as a JSON array, got 'a, b'."),
    ];

    private TemporaryFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public void ReadWrite_Delta_ComesBack()
    {
        DeltaFile delta = new()
        {
            Base = SampleBundle.Complete.BaseIdentity,
            Name = "line",
            Classes = ["α", "two words", "\"quoted\""],
            Steps = 7,
            Invert = ImageInversion.Yes,
            Tensors = SampleBundle.Theta,
        };

        delta.Write(folder["user.adapted"]);
        DeltaFile back = DeltaFile.Read(folder["user.adapted"]);

        Assert.That(back.Base, Is.EqualTo(delta.Base));
        Assert.That(back.Name, Is.EqualTo("line"));
        Assert.That(back.Classes, Is.EqualTo(new[] { "α", "two words", "\"quoted\"" }));
        Assert.That((back.Steps, back.Invert, back.Generation), Is.EqualTo((7, ImageInversion.Yes, 1)));
        Assert.That(back.Tensors.Keys, Is.EquivalentTo(new[] { "w", "b" }));
        Assert.That(back.Tensors["b"].Values, Is.EqualTo(new[] { -0.25f }));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder["user.adapted"] }));
    }

    [TestCaseSource(nameof(Faults))]
    public void Read_Fault_IsNamed(string key, string? value, string message)
    {
        Dictionary<string, string> metadata = new(Metadata);
        _ = metadata.Remove(key);
        if (value is not null)
        {
            metadata[key] = value;
        }

        SafetensorsFile.Write(folder["user.adapted"], SampleBundle.Theta, metadata);

        Assert.That(
            () => DeltaFile.Read(folder["user.adapted"]),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"{folder["user.adapted"]}: {message}")
        );
    }

    [Test]
    public void Read_Nothing_SaysSo() =>
        Assert.That(
            () => DeltaFile.Read(folder["user.adapted"]),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"{folder["user.adapted"]}: no such file.")
        );

    [Test]
    public void Read_TruncatedAtEveryByte_IsRefused()
    {
        Delta(7).Write(folder["user.adapted"]);
        byte[] bytes = File.ReadAllBytes(folder["user.adapted"]);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(folder["user.adapted"], bytes[..length]);
            Assert.That(
                () => DeltaFile.Read(folder["user.adapted"]),
                Throws.TypeOf<BundleException>().With.Message.StartsWith(folder["user.adapted"]),
                $"first {length} bytes"
            );
        }
    }

    [Test]
    public void Read_FormatOne_StillOpens()
    {
        SafetensorsFile.Write(folder["user.adapted"], SampleBundle.Theta, Metadata);

        DeltaFile delta = DeltaFile.Read(folder["user.adapted"]);

        Assert.That((delta.Base, delta.Steps, delta.Generation), Is.EqualTo(("abc", 3, 1)));
        Assert.That(delta.Classes, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public void Read_AnyBitOfTheDataFlipped_IsRefused()
    {
        Delta(7).Write(folder["user.adapted"]);
        byte[] bytes = File.ReadAllBytes(folder["user.adapted"]);
        string checksum = SafetensorsFile.Read(folder["user.adapted"]).Metadata["sha256"];
        int data = bytes.Length - SampleBundle.Theta.Values.Sum(tensor => tensor.Count * sizeof(float));
        for (int at = data; at < bytes.Length; at++)
        {
            bytes[at] ^= 1;
            File.WriteAllBytes(folder["user.adapted"], bytes);
            bytes[at] ^= 1;
            Assert.That(
                () => DeltaFile.Read(folder["user.adapted"]),
                Throws
                    .TypeOf<BundleException>()
                    .With.Message.StartsWith(
                        $"{folder["user.adapted"]}: the file is damaged or changed: expected SHA-256 {checksum}, got "
                    ),
                $"byte {at}"
            );
        }
    }

    [TestCase("steps", "8")]
    [TestCase("base", "ab")]
    [TestCase("classes", "[\"b\"]")]
    [TestCase("generation", "2")]
    [TestCase("invert", "no")]
    [TestCase("more", "")]
    public void Read_MetadataChanged_IsRefused(string key, string value)
    {
        Delta(7).Write(folder["user.adapted"]);
        SafetensorsFile file = SafetensorsFile.Read(folder["user.adapted"]);
        SafetensorsFile.Write(folder["user.adapted"], file.Tensors, new Dictionary<string, string>(file.Metadata) { [key] = value });

        Assert.That(
            () => DeltaFile.Read(folder["user.adapted"]),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"{folder["user.adapted"]}: the file is damaged or changed: expected ")
        );
    }

    [Test]
    public void Write_KeepTwo_TheTwoGenerationsBeforeStayBesideTheFile()
    {
        for (int steps = 1; steps <= 5; steps++)
        {
            Delta(steps).Write(folder["user.adapted"], keep: 2);
        }

        IReadOnlyList<string> kept = DeltaFile.Generations(folder["user.adapted"]);
        Assert.That(kept, Is.EqualTo(new[] { folder["user.adapted.4"], folder["user.adapted.3"] }));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(3));
        DeltaFile[] all = [DeltaFile.Read(folder["user.adapted"]), .. kept.Select(DeltaFile.Read)];
        Assert.That(all.Select(delta => (delta.Steps, delta.Generation)), Is.EqualTo(new[] { (5, 5), (4, 4), (3, 3) }));
    }

    [Test]
    public void Write_KeepNone_CountsOnAndLeavesKeptOnesAlone()
    {
        Delta(1).Write(folder["user.adapted"], keep: 1);
        Delta(2).Write(folder["user.adapted"], keep: 1);

        Delta(3).Write(folder["user.adapted"]);

        Assert.That(DeltaFile.Read(folder["user.adapted"]).Generation, Is.EqualTo(3));
        Assert.That(DeltaFile.Generations(folder["user.adapted"]), Is.EqualTo(new[] { folder["user.adapted.1"] }));
    }

    [Test]
    public void Write_OverADamagedFile_ReplacesItAndCountsOnFromTheKeptOnes()
    {
        Delta(1).Write(folder["user.adapted"], keep: 2);
        Delta(2).Write(folder["user.adapted"], keep: 2);
        File.WriteAllText(folder["user.adapted"], "broken");

        Delta(3).Write(folder["user.adapted"], keep: 2);

        Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(3));
        Assert.That(DeltaFile.Generations(folder["user.adapted"]), Is.EqualTo(new[] { folder["user.adapted.1"] }));
    }

    [Test]
    public void Generations_OtherFilesBesideIt_AreNotTakenForGenerations()
    {
        foreach (
            string name in new[]
            {
                "user.adapted.bak",
                "user.adapted.-1",
                "user.adapted.0",
                "user.adapted.7.tmp",
                "user2.adapted.3",
                "adapted.1",
            }
        )
        {
            File.WriteAllText(folder[name], "");
        }

        Assert.That(DeltaFile.Generations(folder["user.adapted"]), Is.Empty);
        Assert.That(DeltaFile.Generations(folder["nowhere/user.adapted"]), Is.Empty);
    }

    private static DeltaFile Delta(int steps) =>
        new()
        {
            Base = SampleBundle.Complete.BaseIdentity,
            Name = "line",
            Classes = ["a"],
            Steps = steps,
            Tensors = SampleBundle.Theta,
        };

    private static TestCaseData Row(string key, string? value, string message) =>
        new TestCaseData(key, value, message).SetArgDisplayNames(key, value ?? "missing");
}
