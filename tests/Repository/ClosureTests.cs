using System.Text.Json;

namespace Kindling.Repository.Tests;

/// <summary>What an app that uses Kindling.Adapt carries, seen on the sample app as built.</summary>
public sealed class ClosureTests
{
    private const string Sample = "QuickStart";

    private static string Output => Root.Combine("artifacts", "bin", Sample, Root.Configuration);

    [Test]
    public void Closure_OfAnApp_IsAdaptBundleAndOnnxRuntime()
    {
        using JsonDocument deps = JsonDocument.Parse(File.ReadAllText(Path.Combine(Output, $"{Sample}.deps.json")));
        string[] libraries = [.. deps.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name.Split('/')[0])];

        Assert.That(
            libraries,
            Is.EquivalentTo(
                new[]
                {
                    Sample,
                    "Kindling.Adapt",
                    "Kindling.Bundle",
                    "Microsoft.ML.OnnxRuntime",
                    "Microsoft.ML.OnnxRuntime.Managed",
                    "System.Numerics.Tensors",
                }
            )
        );
    }

    [Test]
    public void Closure_OnDisk_IsSmall()
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(Output, "*.dll"),
            .. Directory.EnumerateFiles(Path.Combine(Output, "runtimes", "linux-x64"), "*.so", SearchOption.AllDirectories),
        ];
        foreach (string file in files)
        {
            TestContext.Out.WriteLine($"{new FileInfo(file).Length / 1024.0, 10:0} KiB {Path.GetFileName(file)}");
        }

        double kindling = MegabytesOf(files.Where(file => Path.GetFileName(file).StartsWith("Kindling.", StringComparison.Ordinal)));
        double managed = MegabytesOf(files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal)));
        double all = MegabytesOf(files);
        TestContext.Out.WriteLine(
            $"Kindling {kindling:0.00} MB, all managed {managed:0.00} MB, with ONNX Runtime for linux-x64 {all:0.0} MB"
        );

        Assert.That(kindling, Is.LessThan(1));
        Assert.That(managed, Is.LessThan(5));
        Assert.That(all, Is.LessThan(60));
    }

    [Test]
    public void QuickStart_OnABundle_AdaptsPredictsAndSaves()
    {
        using TemporaryFolder folder = new();
        TestBundles.Linear(folder["b"], new TestBundleOptions { Steps = 5, Rates = [0.01f] });

        (int code, string output, string errors) = Root.Run(
            "dotnet",
            Path.Combine(Output, $"{Sample}.dll"),
            folder["b"],
            folder["me.adapted"]
        );

        Assert.That(code, Is.Zero, errors);
        Assert.That(
            output,
            Does.Match(
                @"^The loss went from [\d.]+ to [\d.]+\. 5 steps, [\d.]+ ms\ny\(1\) = (-?[\d.]+), the curve has 0\.000\ny\(1\) = \1 from me\.adapted\n$"
            )
        );
    }

    [Test]
    public void QuickStart_WithoutNativePackage_SaysWhichToAdd()
    {
        using TemporaryFolder folder = new();
        TestBundles.Linear(folder["b"]);
        foreach (string file in Directory.EnumerateFiles(Output))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        (int code, _, string errors) = Root.Run("dotnet", folder[$"{Sample}.dll"], folder["b"], folder["me.adapted"]);

        Assert.That(code, Is.Not.Zero);
        Assert.That(
            errors,
            Does.Contain(
                "The native library of ONNX Runtime cannot be loaded. Add one native package to the program: Microsoft.ML.OnnxRuntime (CPU), Microsoft.ML.OnnxRuntime.Gpu (CUDA)"
            )
        );
    }

    private static double MegabytesOf(IEnumerable<string> files) => files.Sum(file => new FileInfo(file).Length) / 1e6;
}
