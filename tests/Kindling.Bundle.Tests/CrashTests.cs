using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace Kindling.Bundles.Tests;

/// <summary>Saves that a crash, a full disk or another process disturbs.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
internal sealed class CrashTests
{
    private const int Values = 60_000;

    /// <summary>The signal SIGXFSZ.</summary>
    private const int FileTooLarge = 25;

    /// <summary>The exit code of a process that SIGKILL ended.</summary>
    private const int KilledByShell = 128 + 9;

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

    /// <summary>
    /// The system kills a process that writes beyond its limit of file sizes: here one kilobyte later each time, in the kept generation and in the new state.
    /// </summary>
    [Test]
    public void Write_KilledAtEveryKilobyteOfTheFile_TheOldStateStays()
    {
        const int Few = 4_000;
        Run($"{folder["user.adapted"]} 0 {Few} 3");
        long size = new FileInfo(folder["user.adapted"]).Length;
        for (int kilobytes = 1; kilobytes * 1024 < size; kilobytes++)
        {
            (int code, _) = Run($"{folder["user.adapted"]} {kilobytes % 2} {Few} 1", Limit(kilobytes));

            Assert.That(code, Is.EqualTo(128 + FileTooLarge), $"killed at {kilobytes} KiB");
            Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(3));
            string left = Directory.GetFiles(folder.Path, ".user.adapted*.tmp").Single();
            Assert.That(new FileInfo(left).Length, Is.LessThanOrEqualTo(kilobytes * 1024));
            File.Delete(left);
        }

        Assert.That(Run($"{folder["user.adapted"]} 1 {Few} 1").Code, Is.Zero);
        Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(1));
    }

    /// <summary>
    /// Killed before each of the system calls that a save consists of, and in the middle of each write: files opened, written, flushed, renamed and removed,
    /// of the kept generation and of the new state.
    /// </summary>
    [Test]
    public void Write_KilledAtEveryChangeThatItMakes_TheOldOrTheNewStateOpens()
    {
        string library = Compile();
        string path = folder["base/user.adapted"];
        Directory.CreateDirectory(folder["base"]);
        Run($"{path} 2 4000 4");
        string[] before = Directory.GetFiles(folder["base"]);
        List<int> states = [];
        for (int change = 1, code = KilledByShell; code == KilledByShell; change++)
        {
            string copy = Directory.CreateDirectory(folder[$"{change}"]).FullName;
            Array.ForEach(before, file => File.Copy(file, Path.Combine(copy, Path.GetFileName(file))));
            string saved = Path.Combine(copy, "user.adapted");

            // The runtime's own files are elsewhere.
            (code, string errors) = Run($"{saved} 2 4000 1", $"export KILL_IN={copy} KILL_AT={change} LD_PRELOAD={library}; ");

            Assert.That(code, Is.EqualTo(0).Or.EqualTo(KilledByShell), errors);
            DeltaFile delta = DeltaFile.Read(saved);
            Assert.That(delta.Tensors["w"].Values, Is.All.EqualTo((float)delta.Steps), $"change {change}");
            Assert.That(delta.Steps, Is.EqualTo(4).Or.EqualTo(1), "four saves before, the first one of a new process now");
            Assert.That(DeltaFile.Generations(saved).Count, Is.InRange(2, 3), "rollback has what it had");
            foreach (string kept in DeltaFile.Generations(saved))
            {
                DeltaFile earlier = DeltaFile.Read(kept);
                Assert.That(earlier.Tensors["w"].Values, Is.All.EqualTo((float)earlier.Steps), $"{kept}, change {change}");
            }

            states.Add(delta.Steps);
        }

        Assert.That(states, Has.Count.GreaterThanOrEqualTo(9), "two files opened, written, flushed and renamed");
        Assert.That(states, Is.Ordered.Descending, "the old state up to one change, the new one from there on");
        Assert.That(states, Does.Contain(4).And.Contain(1));
    }

    [Test]
    public void Write_DiskFull_TheOldStateStaysAndNothingIsLeftBehind()
    {
        Run($"{folder["user.adapted"]} 0 {Values} 3");

        // With the signal ignored a write fails in the middle, as on a full disk.
        (int code, string errors) = Run($"{folder["user.adapted"]} 0 {4 * Values} 1", "trap '' XFSZ; " + Limit(300));

        Assert.That(code, Is.Not.Zero);
        Assert.That(errors, Does.StartWith("Unhandled exception. "));
        Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(3));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder["user.adapted"] }));
    }

    [Test]
    public void Write_OldGenerationCannotBeRemoved_IsSavedAndTheNextSaveRemovesIt()
    {
        string library = Compile();

        (int code, string errors) = Run($"{folder["user.adapted"]} 1 4 3", $"export KEEP_FILES=1 LD_PRELOAD={library}; ");

        Assert.That(code, Is.Zero, errors);
        Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(3));
        Assert.That(
            DeltaFile.Generations(folder["user.adapted"]),
            Is.EqualTo(new[] { folder["user.adapted.2"], folder["user.adapted.1"] })
        );
        Run($"{folder["user.adapted"]} 1 4 1");
        Assert.That(DeltaFile.Generations(folder["user.adapted"]), Is.EqualTo(new[] { folder["user.adapted.3"] }));
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
    public void Write_FolderIsReadOnly_TheOldStateStaysAndTheErrorNamesTheFile()
    {
        Run($"{folder["user.adapted"]} 0 {Values} 3");
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            // Whoever is root may write everywhere, unless that is taken away.
            string plain = Environment.IsPrivilegedProcess ? "setpriv --bounding-set=-dac_override " : "";
            if (plain.Length > 0 && !File.Exists("/usr/bin/setpriv"))
            {
                Assert.Ignore("Needs setpriv (util-linux), or a user who is not root.");
            }

            (int code, string errors) = Run($"{folder["user.adapted"]} 0 {Values} 1", program: plain + Program);

            Assert.That(code, Is.Not.Zero);
            Assert.That(
                errors,
                Does.StartWith($"Unhandled exception. System.UnauthorizedAccessException: Access to the path '{folder[".user.adapted."]}")
            );
            Assert.That(DeltaFile.Read(folder["user.adapted"]).Steps, Is.EqualTo(3));
            Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.EqualTo(new[] { folder["user.adapted"] }));
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
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
            folder[".user.adapted.aaaaaaaa.aaa.tmp"],
            folder[".user.adapted.bbbbbbbb.bbb.tmp"],
            folder[".user.adapted.cccccccc.ccc.tmp"],
            folder[".other.aaaaaaaa.aaa.tmp"],
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

    private string Compile()
    {
        if (!File.Exists("/usr/bin/clang"))
        {
            Assert.Ignore("Needs clang.");
        }

        string library = folder["kill.so"];
        string source = Path.Combine(Path.GetDirectoryName(Program)!, "kill.c");
        (int code, string errors) = Run($"-shared -fPIC -o {library} {source} -ldl", program: "/usr/bin/clang");
        Assert.That(code, Is.Zero, errors);
        return library;
    }

    // Without the setting the runtime itself wants a large file in memory.
    private static string Limit(int kilobytes) => $"ulimit -c 0; ulimit -f {kilobytes}; export DOTNET_EnableWriteXorExecute=0; ";

    private static (int Code, string Errors) Run(string arguments, string before = "", string? program = null)
    {
        using Process process = Start(arguments, before, program);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }

    private static Process Start(string arguments, string before = "", string? program = null) =>
        Process.Start(
            new ProcessStartInfo("/bin/bash", ["-c", $"{before}exec {program ?? Program} {arguments}"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
}
