namespace Kindling.Bundles.Tests;

[TestFixture]
internal sealed class BundleWriterTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [TestCase("line")]
    [TestCase("line.kindling")]
    public void Complete_VerificationFails_LeavesTheOldBundleAlone(string name)
    {
        BundleManifest old = SampleBundle.Write(folder[name]);
        using (BundleWriter writer = new(folder[name]))
        {
            writer.Add("infer.onnx", SampleBundle.Infer);
            writer.Add("adapt.onnx", SampleBundle.Notes);
            writer.AddTensors("theta.safetensors", SampleBundle.Theta);
            Assert.That(
                () => writer.Complete(SampleBundle.Manifest, _ => throw new BundleException("not the same")),
                Throws.TypeOf<BundleException>().With.Message.EqualTo("not the same")
            );
        }

        using BundleFiles files = BundleFiles.Open(folder[name]);
        Assert.That(files.Manifest.BaseIdentity, Is.EqualTo(old.BaseIdentity));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder[name] }));
    }

    [TestCase("line")]
    [TestCase("line.kindling")]
    public void Complete_BundleIsThere_IsReplaced(string name)
    {
        BundleManifest old = SampleBundle.Write(folder[name]);
        using (BundleWriter writer = new(folder[name]))
        {
            writer.Add("infer.onnx", SampleBundle.Infer);
            writer.Add("adapt.onnx", SampleBundle.Notes);
            writer.AddTensors("theta.safetensors", SampleBundle.Theta);
            _ = writer.Complete(SampleBundle.Manifest);
        }

        using BundleFiles files = BundleFiles.Open(folder[name]);
        Assert.That(files.Read("adapt.onnx"), Is.EqualTo(SampleBundle.Notes));
        Assert.That(files.Manifest.BaseIdentity, Is.Not.EqualTo(old.BaseIdentity));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder[name] }));
    }

    [Test]
    public void Complete_RequiredFileMissing_NamesItAndLeavesNothing()
    {
        using (BundleWriter writer = new(folder["line"]))
        {
            writer.Add("infer.onnx", SampleBundle.Infer);
            writer.Add("adapt.onnx", SampleBundle.Adapt);
            Assert.That(
                () => writer.Complete(SampleBundle.Manifest),
                Throws
                    .TypeOf<BundleException>()
                    .With.Message.EndsWith("manifest.json: 1 fault(s):\n  files: the hash of 'theta.safetensors' is missing.")
            );
        }

        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [TestCase("../a", "The file '../a' must be a relative path below the bundle without empty, '.' or '..' parts. (Parameter 'name')")]
    [TestCase("", "The file '' must have 1 to 240 characters. (Parameter 'name')")]
    [TestCase("manifest.json", "The file 'manifest.json' is the manifest itself. (Parameter 'name')")]
    [TestCase("a\n", "The file 'a\n' must not hold the character U+000A. (Parameter 'name')")]
    [TestCase("infer.onnx", "The file 'infer.onnx' was added already. (Parameter 'name')")]
    public void Add_NameThatNoBundleMayHave_IsRefused(string name, string message)
    {
        using BundleWriter writer = new(folder["line"]);
        writer.Add("infer.onnx", SampleBundle.Infer);

        Assert.That(() => writer.Add(name, SampleBundle.Infer), Throws.ArgumentException.With.Message.EqualTo(message));
    }
}
