namespace Kindling.Repository.Tests;

/// <summary>The smoke app compiled ahead of time. Needs clang and zlib's headers; skips visibly without.</summary>
public sealed class AotTests
{
    [Test]
    public void AotSmoke_PublishedAheadOfTime_RunsBundles()
    {
        RequireCompiler();
        using TemporaryFolder folder = new();
        TestBundles.Linear(folder["linear"], new TestBundleOptions { Steps = 3, Rates = [0.01f] });
        TestBundles.Classifier(folder["classifier.kindling"]);

        // Warnings about trimming and dynamic code are errors here as everywhere.
        (int published, string log, string errors) = Root.Run(
            "dotnet",
            "publish",
            Root.Combine("tests", "AotSmoke"),
            "-c",
            "Release",
            "--nologo",
            "-v",
            "q",
            "-o",
            folder["app"]
        );
        Assert.That(published, Is.Zero, log + errors);
        string app = Path.Combine(folder["app"], "AotSmoke");
        foreach (string bundle in (string[])["linear", "classifier.kindling"])
        {
            (int code, string output, string runErrors) = Root.Run(app, folder[bundle]);

            Assert.That(code, Is.Zero, output + runErrors);
            Assert.That(output, Does.Contain("3 steps").And.Contain("the same from the saved delta: True"));
        }

        double size = new FileInfo(app).Length / 1e6;
        TestContext.Out.WriteLine($"executable {size:0.0} MB, beside it libonnxruntime.so");
        Assert.That(size, Is.LessThan(10));
        Assert.That(File.Exists(Path.Combine(folder["app"], "AotSmoke.dll")), Is.False, "nothing managed is left");
    }

    /// <summary>Ignores the test where nothing can be compiled ahead of time.</summary>
    public static void RequireCompiler()
    {
        if (!OnPath("clang") || !OperatingSystem.IsLinux())
        {
            Assert.Ignore("Compiling ahead of time needs Linux with clang and zlib1g-dev.");
        }
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
}
