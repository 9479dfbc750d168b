using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class BundleFilesTests
{
    // SHA-256 of "infer" and of "inf3r", by sha256sum.
    private const string Damaged =
        "the file is damaged or changed: expected SHA-256 92bc2e412115876270c842f18eede00e752babbb9bf6f402ee8c5ab3b6746af2, "
        + "got 05e28d23abd6750c68862fa8f54060a9111ba10a8010cfdd913d4a9a6a9e8d82.";

    private TemporaryFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [TestCase("line")]
    [TestCase("line.kindling")]
    public void OpenWrite_Bundle_ComesBack(string name)
    {
        BundleManifest written = SampleBundle.Write(folder[name]);

        using BundleFiles files = BundleFiles.Open(folder[name]);

        Assert.That(files.Manifest.ToJson(), Is.EqualTo(written.ToJson()));
        Assert.That(files.VerifyAll(), Is.Empty);
        Assert.That(files.Read("reference/notes.txt"), Is.EqualTo(SampleBundle.Notes));
        Assert.That(files.ReadTensors("theta.safetensors").Tensors["w"].Values, Is.EqualTo(new[] { 0.5f }));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder[name] }));
    }

    [TestCase("a.kindling", "b.kindling")]
    public void Write_Twice_GivesTheSameBytes(string first, string second)
    {
        SampleBundle.Write(folder[first]);
        SampleBundle.Write(folder[second]);

        Assert.That(File.ReadAllBytes(folder[second]), Is.EqualTo(File.ReadAllBytes(folder[first])));
    }

    [Test]
    public void Open_Nothing_SaysWhatWasExpected() =>
        Refused("none", "{0}: no bundle here; expected a folder with manifest.json or a .kindling file.");

    [Test]
    public void Open_FolderWithoutManifest_SaysSo()
    {
        Directory.CreateDirectory(folder["line"]);

        Refused("line", "{0}: not a bundle, manifest.json is missing.");
    }

    [TestCase("theta.safetensors")]
    [TestCase("infer.onnx")]
    [TestCase("adapt.onnx")]
    public void Open_RequiredFileMissing_NamesIt(string name)
    {
        SampleBundle.Write(folder["line"]);
        File.Delete(Path.Combine(folder["line"], name));

        Refused("line", "{0}: the bundle is incomplete, " + name + " is missing.");
    }

    [Test]
    public void VerifyAll_OptionalFileMissing_ListsIt()
    {
        SampleBundle.Write(folder["line"]);
        Directory.Delete(Path.Combine(folder["line"], "reference"), recursive: true);

        using BundleFiles files = BundleFiles.Open(folder["line"]);

        Assert.That(files.VerifyAll(), Is.EqualTo(new[] { "reference/notes.txt" }));
        Assert.That(files.Contains("reference/notes.txt"), Is.False);
        Assert.That(
            () => files.Read("reference/notes.txt"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"{folder["line"]}: the file 'reference/notes.txt' is missing.")
        );
    }

    [Test]
    public void Read_FileThatIsNotListed_IsRefused()
    {
        SampleBundle.Write(folder["line"]);
        File.WriteAllText(Path.Combine(folder["line"], "more.txt"), "more");

        using BundleFiles files = BundleFiles.Open(folder["line"]);

        Assert.That(files.Contains("more.txt"), Is.False);
        Assert.That(
            () => files.Read("more.txt"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"{folder["line"]}: the manifest lists no file 'more.txt'.")
        );
    }

    [Test]
    public void Read_ChangedFile_NamesBothHashes()
    {
        SampleBundle.Write(folder["line"]);
        string file = Path.Combine(folder["line"], "infer.onnx");
        File.WriteAllText(file, "inf3r");

        using BundleFiles files = BundleFiles.Open(folder["line"]);

        string expected = $"{file}: {Damaged}";
        Assert.That(() => files.Read("infer.onnx"), Throws.TypeOf<BundleException>().With.Message.EqualTo(expected));
        Assert.That(files.VerifyAll, Throws.TypeOf<BundleException>().With.Message.EqualTo(expected));
    }

    [Test]
    public void Open_LinkInTheFolder_IsRefused()
    {
        SampleBundle.Write(folder["line"]);
        string file = Path.Combine(folder["line"], "infer.onnx");
        File.Move(file, folder["elsewhere"]);
        File.CreateSymbolicLink(file, folder["elsewhere"]);

        Refused("line", Path.Combine(folder["line"], "infer.onnx") + ": a link within a bundle is refused.");
    }

    [Test]
    public void Open_ZipThatIsNone_IsRefused()
    {
        File.WriteAllText(folder["line.kindling"], "no zip");

        Refused("line.kindling", "{0}: not a readable zip file. Central Directory corrupt.");
    }

    [Test]
    public void Open_ZipTruncatedAtEveryByte_IsRefused()
    {
        SampleBundle.Write(folder["line.kindling"]);
        byte[] bytes = File.ReadAllBytes(folder["line.kindling"]);
        for (int length = 0; length < bytes.Length; length += 7)
        {
            File.WriteAllBytes(folder["cut.kindling"], bytes[..length]);
            Assert.That(
                () => BundleFiles.Open(folder["cut.kindling"]),
                Throws.TypeOf<BundleException>().With.Message.StartsWith(folder["cut.kindling"]),
                $"first {length} bytes"
            );
        }
    }

    [TestCase("../escape.txt", "must be a relative path below the bundle without empty, '.' or '..' parts")]
    [TestCase("/etc/passwd", "must be a relative path below the bundle without empty, '.' or '..' parts")]
    [TestCase("a//b", "must be a relative path below the bundle without empty, '.' or '..' parts")]
    [TestCase("c:x", "must not hold the character :")]
    [TestCase("a\\b", "must not hold the character \\")]
    public void Open_ZipWithPathOutside_IsRefused(string entry, string fault)
    {
        Zip("line.kindling", (entry, "x"));

        Refused("line.kindling", "{0}: the entry '" + entry + "' " + fault + ".");
    }

    [Test]
    public void Open_ZipWithEntryTwice_IsRefused()
    {
        Zip("line.kindling", ("a", "x"), ("a", "y"));

        Refused("line.kindling", "{0}: the entry 'a' appears twice.");
    }

    [Test]
    public void Open_ZipWithLink_IsRefused()
    {
        using (ZipArchive archive = ZipFile.Open(folder["line.kindling"], ZipArchiveMode.Create))
        {
            archive.CreateEntry("a").ExternalAttributes = unchecked((int)0xA1FF0000);
        }

        Refused("line.kindling", "{0}: the entry 'a' is a link, which is refused.");
    }

    [Test]
    public void Open_ZipWithoutManifest_SaysSo()
    {
        Zip("line.kindling", ("infer.onnx", "infer"));

        Refused("line.kindling", "{0}: not a bundle, manifest.json is missing.");
    }

    // 64 MB of zeros in some 64 kB, with the true length in the directory and with a small one.
    [TestCase(null, "!manifest.json: at most 4194304 bytes are read, the entry says 64000000.")]
    [TestCase(100, "!manifest.json: ")]
    public void Open_ZipThatInflatesWithoutEnd_IsRefusedAndTakesLittleMemory(int? says, string message)
    {
        string path = folder["line.kindling"];
        using (ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using Stream stream = archive.CreateEntry("manifest.json").Open();
            for (int i = 0; i < 64; i++)
            {
                stream.Write(new byte[1_000_000]);
            }
        }

        if (says is { } length)
        {
            byte[] bytes = File.ReadAllBytes(path);
            int entry = bytes.AsSpan().LastIndexOf("PK\x01\x02"u8);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(entry + 24), length);
            File.WriteAllBytes(path, bytes);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(() => BundleFiles.Open(path), Throws.TypeOf<BundleException>().With.Message.StartsWith(path + message));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4_000_000));
    }

    [Test]
    public void Read_EntryThatInflatesToManyTimesItsSize_IsRefusedBeforeItIs()
    {
        SampleBundle.Write(folder["line.kindling"]);
        ReplaceInfer(new byte[64_000_000]);

        using BundleFiles files = BundleFiles.Open(folder["line.kindling"]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(
            () => files.Read("infer.onnx"),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Match(
                    "!infer\\.onnx: 6[0-9]{4} bytes that inflate to 64000000 are refused, at most 33[0-9]{6} are read; unpack the bundle into a folder\\.$"
                )
        );
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4_000_000));
    }

    [Test]
    public void Open_ZipWithTooManyEntries_IsRefused()
    {
        Zip("line.kindling", [.. Enumerable.Range(0, 10_001).Select(i => ($"{i}", ""))]);

        Refused("line.kindling", "{0}: at most 10000 entries, got 10001.");
    }

    [Test]
    public void Read_ChangedEntryOfZip_IsRefused()
    {
        SampleBundle.Write(folder["line.kindling"]);
        ReplaceInfer(Encoding.ASCII.GetBytes("inf3r"));

        using BundleFiles files = BundleFiles.Open(folder["line.kindling"]);

        Assert.That(
            () => files.Read("infer.onnx"),
            Throws.TypeOf<BundleException>().With.Message.EqualTo($"{folder["line.kindling"]}!infer.onnx: {Damaged}")
        );
    }

    private void ReplaceInfer(byte[] content)
    {
        using ZipArchive archive = ZipFile.Open(folder["line.kindling"], ZipArchiveMode.Update);
        archive.GetEntry("infer.onnx")!.Delete();
        using Stream stream = archive.CreateEntry("infer.onnx").Open();
        stream.Write(content);
    }

    private void Refused(string name, string message) =>
        Assert.That(
            () => BundleFiles.Open(folder[name]),
            Throws.TypeOf<BundleException>().With.Message.EqualTo(message.Replace("{0}", folder[name], StringComparison.Ordinal))
        );

    private void Zip(string name, params (string Entry, string Text)[] entries)
    {
        using ZipArchive archive = ZipFile.Open(folder[name], ZipArchiveMode.Create);
        foreach ((string entry, string text) in entries)
        {
            using Stream stream = archive.CreateEntry(entry).Open();
            stream.Write(Encoding.ASCII.GetBytes(text));
        }
    }
}
