using System.Diagnostics;
using System.Globalization;

namespace Kindling.Bundles.Tests;

/// <summary>Saves that a crash, a full disk or another process disturbs.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed class CrashTests
{
    private const int Values = 60_000;

    /// <summary>How often the process is killed; the environment variable KINDLING_KILLS asks for more.</summary>
    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("KINDLING_KILLS") ?? "40",
        CultureInfo.InvariantCulture
    );

    private static readonly string Program = Path.Combine(
        Path.GetDirectoryName(TestContext.CurrentContext.TestDirectory.TrimEnd('/'))!,
        "..",
        "SaveLoop",
        Path.GetFileName(TestContext.CurrentContext.TestDirectory.TrimEnd('/')),
        "SaveLoop"
    );

    private TemporaryFolder folder = null!;

    [SetUp]
    public void SetUp() => folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => folder.Dispose();

    [Test]
    public void Write_KilledAtAnyMoment_TheOldOrTheNewStateOpens()
    {
        Random random = new(7);
        int last = 0;
        for (int i = 0; i < Kills; i++)
        {
            using Process process = Start($"{folder["user.adapted"]} 2 {Values}");
            Assert.That(process.StandardOutput.ReadLine(), Is.EqualTo("saving"));
            Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 20));
            process.Kill();
            process.WaitForExit();

            DeltaFile delta = DeltaFile.Read(folder["user.adapted"]);
            Assert.That(delta.Tensors["w"].Values, Is.All.EqualTo((float)delta.Steps), $"kill {i}");
            Assert.That(delta.Generation, Is.GreaterThan(last), "generations count on over crashes");
            last = delta.Generation;
            foreach (string kept in DeltaFile.Generations(folder["user.adapted"]))
            {
                DeltaFile earlier = DeltaFile.Read(kept);
                Assert.That(earlier.Tensors["w"].Values, Is.All.EqualTo((float)earlier.Steps), $"{kept} after kill {i}");
            }
        }
    }

    [Test]
    public void Write_DiskFull_TheOldStateStaysAndNothingIsLeftBehind()
    {
        Run($"{folder["user.adapted"]} 0 {Values} 3");

        // A limit on the size of files, in blocks of 1024 bytes, fails a write in the middle as a full disk does (the trap: instead of a signal). Without the setting the runtime itself
        // wants a large file in memory.
        (int code, string errors) = Run(
            $"{folder["user.adapted"]} 0 {4 * Values} 1",
            "trap '' XFSZ; ulimit -f 300; export DOTNET_EnableWriteXorExecute=0; "
        );

        Assert.That(code, Is.Not.Zero);
        Assert.That(errors, Does.StartWith("Unhandled exception. "));
        Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(3));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder["user.adapted"] }));
    }

    [Test]
    public void Write_FolderCannotBeWritten_SaysSo()
    {
        File.WriteAllText(folder["file"], "");

        Assert.That(
            () => SafetensorsFile.Write(Path.Combine(folder["file"], "user.adapted"), SampleBundle.Theta),
            Throws.InstanceOf<IOException>().With.Message.Contains(folder["file"])
        );
    }

    [Test]
    public async Task Write_TwoProcessesAtOnce_EveryStateInBetweenIsWhole()
    {
        using Process one = Start($"{folder["user.adapted"]} 3 {Values} 60");
        using Process two = Start($"{folder["user.adapted"]} 3 {Values} 60");
        Assert.That(await one.StandardOutput.ReadLineAsync(), Is.EqualTo("saving"));
        int seen = 0;
        while (!one.HasExited || !two.HasExited)
        {
            DeltaFile delta = DeltaFile.Read(folder["user.adapted"]);
            Assert.That(delta.Tensors["w"].Values, Is.All.EqualTo((float)delta.Steps));
            seen++;
        }

        Assert.That((one.ExitCode, two.ExitCode), Is.EqualTo((0, 0)), await one.StandardError.ReadToEndAsync());
        Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(60));
        Assert.That(seen, Is.Positive);
    }

    [Test]
    public void Write_LeftOversOfACrash_AreRemovedWhenTheyAreOldAndNobodyHoldsThem()
    {
        string[] files =
        [
            folder[".user.adapted.aaa.tmp"],
            folder[".user.adapted.bbb.tmp"],
            folder[".user.adapted.ccc.tmp"],
            folder[".other.aaa.tmp"],
        ];
        foreach (string file in files)
        {
            File.WriteAllText(file, "half");
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        File.SetLastWriteTimeUtc(files[1], TimeProvider.System.GetUtcNow().UtcDateTime);
        using (new FileStream(files[2], FileMode.Open, FileAccess.Write, FileShare.None))
        {
            SafetensorsFile.Write(folder["user.adapted"], SampleBundle.Theta);
        }

        Assert.That(Array.ConvertAll(files, File.Exists), Is.EqualTo(new[] { false, true, true, true }));
    }

    private static (int Code, string Errors) Run(string arguments, string before = "")
    {
        using Process process = Start(arguments, before);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }

    private static Process Start(string arguments, string before = "") =>
        Process.Start(
            new ProcessStartInfo("/bin/bash", ["-c", $"{before}exec {Program} {arguments}"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
}
