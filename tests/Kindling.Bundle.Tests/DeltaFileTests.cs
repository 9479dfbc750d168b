namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class DeltaFileTests
{
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
        Row("format", "kindling-delta/2", "expected a delta of format 'kindling-delta/1', got 'kindling-delta/2'."),
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
            Tensors = SampleBundle.Theta,
        };

        delta.Write(folder["user.adapted"]);
        DeltaFile back = DeltaFile.Read(folder["user.adapted"]);

        Assert.That(back.Base, Is.EqualTo(delta.Base));
        Assert.That(back.Name, Is.EqualTo("line"));
        Assert.That(back.Classes, Is.EqualTo(new[] { "α", "two words", "\"quoted\"" }));
        Assert.That(back.Steps, Is.EqualTo(7));
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
        SafetensorsFile.Write(folder["user.adapted"], SampleBundle.Theta, Metadata);
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

    private static TestCaseData Row(string key, string? value, string message) =>
        new TestCaseData(key, value, message).SetArgDisplayNames(key, value ?? "missing");
}
