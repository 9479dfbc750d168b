using System.Security.Cryptography;
using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>Bundles whose hashes are right and whose content is not.</summary>
public sealed class HostileBundleTests
{
    private TemporaryFolder _folder = null!;

    private string Theta => Path.Combine(_folder["b"], BundleManifest.ThetaFileName);

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        TestBundles.Classifier(_folder["b"]);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [TestCase("head.b")]
    [TestCase("head.b.rate")]
    public void Open_NumbersThatAreNone_AreRefused(string name)
    {
        Write(tensors => tensors[name].Values[0] = float.NaN);

        Refused($"{Theta}: '{name}' holds NaN or infinity.");
    }

    [Test]
    public void Open_TensorOfAnotherShape_IsRefused()
    {
        Write(tensors => tensors["head.b"] = FloatTensor.Zeros(4));

        Refused($"{Theta}: 'head.b' should have shape [3], it has [4].");
    }

    [Test]
    public void Open_TensorIsMissing_IsRefused()
    {
        Write(tensors => tensors.Remove("head.w"));

        Refused($"{Theta}: the tensor 'head.w' is missing.");
    }

    /// <summary>The largest shapes that a manifest may claim, four times: nothing is allocated for them.</summary>
    [Test]
    public void Open_ManifestClaimsHugeShapes_IsRefusedBeforeTheyAreAllocated()
    {
        int[] shape = [int.MaxValue / sizeof(float)];
        Write(
            _ => { },
            manifest =>
                manifest with
                {
                    Parameters = [.. manifest.Parameters.Select(parameter => parameter with { Shape = shape })],
                    Bake = null,
                }
        );
        long before = GC.GetAllocatedBytesForCurrentThread();

        Refused($"{Theta}: 'body.w' should have shape [536870911], it has [2, 8].");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4_000_000));
    }

    private void Write(Action<Dictionary<string, FloatTensor>> change, Func<BundleManifest, BundleManifest>? describe = null)
    {
        Dictionary<string, FloatTensor> tensors = new(SafetensorsFile.Read(Theta).Tensors);
        change(tensors);
        SafetensorsFile.Write(Theta, tensors);
        string file = Path.Combine(_folder["b"], BundleManifest.FileName);
        BundleManifest manifest = BundleManifest.Parse(File.ReadAllBytes(file), file);
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Theta)));
        manifest = manifest with { Files = new Dictionary<string, string>(manifest.Files) { [BundleManifest.ThetaFileName] = hash } };
        File.WriteAllBytes(file, (describe?.Invoke(manifest) ?? manifest).ToJson());
    }

    private void Refused(string message) =>
        Assert.That(() => AdaptableModel.Open(_folder["b"]), Throws.TypeOf<BundleException>().With.Message.EqualTo(message));
}
