using System.Diagnostics;
using Kindling.Mpi;

namespace Kindling.Cli.Tests;

/// <summary>Which launcher a process thinks it has, and what it says where the library is missing or another's.</summary>
public sealed class MpiLibraryTests
{
    [TestCase("", null, 0, null)]
    [TestCase("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 PMIX_RANK=1", "mpirun of Open MPI", 1, 4)]
    [TestCase("PMI_RANK=2 PMI_SIZE=3", "mpirun of MPICH or its kin", 2, 3)]
    [TestCase("PMIX_RANK=5", "a launcher with PMIx", 5, null)]
    [TestCase("SLURM_PROCID=0 PMI_RANK=none", null, 0, null)]
    public void Launcher_OfAnEnvironment_IsFound(string environment, string? name, int rank, int? count)
    {
        MpiLauncher? launcher = Launcher(environment);
        Assert.That(launcher?.Name, Is.EqualTo(name));
        Assert.That(launcher?.Rank ?? 0, Is.EqualTo(rank));
        Assert.That(launcher?.Count, Is.EqualTo(count));
    }

    [TestCase("OMPI_COMM_WORLD_RANK=1", "libmpi_abi.so.0 libmpi.so.40 libmpi.so.12 libmpich.so.12")]
    [TestCase("PMI_RANK=2", "libmpi_abi.so.0 libmpi.so.12 libmpich.so.12 libmpi.so.40")]
    public void Launcher_Files_BeginWithTheStandardInterfaceAndItsOwn(string environment, string files) =>
        Assert.That(string.Join(' ', Launcher(environment)!.Files), Is.EqualTo(files));

    [TestCase("OMPI_COMM_WORLD_RANK=1", "Open MPI v5.0.1", true)]
    [TestCase("OMPI_COMM_WORLD_RANK=1", "MPICH Version: 4.3", false)]
    [TestCase("PMIX_RANK=1", "MPICH Version: 4.3", true)]
    public void Launcher_OfOpenMpi_TakesNoOtherLibrary(string environment, string version, bool takes) =>
        Assert.That(Launcher(environment)!.Takes(version), Is.EqualTo(takes));

    [Test]
    public void Load_WithoutALibrary_SaysWhatIsMissingAndExitsWithFour()
    {
        DllNotFoundException? error = Assert.Throws<DllNotFoundException>(() =>
            MpiLibrary.Load(Launcher("PMI_RANK=1 PMI_SIZE=2"), ["libnone.so.1", "libnone.so.2"])
        );
        Assert.That(
            error!.Message,
            Is.EqualTo(
                "There is no MPI library, looked for libnone.so.1, libnone.so.2. mpirun of MPICH or its kin started this process (PMI_RANK is set). Install Open MPI or MPICH (on Debian openmpi-bin or mpich), or name its folder in LD_LIBRARY_PATH."
            )
        );
        Assert.That(ExitCodes.Of(error).Code, Is.EqualTo(ExitCodes.MachineLacks));
    }

    // UCX beneath MPICH takes the signals over, and a null reference would end the program.
    [TestCase("OMPI_COMM_WORLD_RANK=0")]
    [TestCase("PMI_RANK=0")]
    public void Load_OfALibrary_LeavesNullReferencesToTheRuntime(string environment)
    {
        try
        {
            Assert.That(MpiLibrary.Load(Launcher(environment)).Version, Does.Match(@"^(Open MPI v|MPICH )\d"));
        }
        catch (DllNotFoundException e)
        {
            Assert.Ignore(e.Message);
        }

        string[]? none = environment.Length == 0 ? [] : null;
        Assert.That(() => none!.Length, Throws.TypeOf<NullReferenceException>());
    }

    // As started by an mpirun whose library is missing: whichever is found sees one process, or there is none at all.
    [Test]
    public void Train_UnderALauncherThatTheLibraryDoesNotKnow_TrainsNothingAndExitsWithFour()
    {
        using TemporaryFolder folder = new();
        using Process process = Start("PMIX_RANK", "1", "train", Root.Combine("models", "sinusoid"), "--out", folder["out"]);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(ExitCodes.MachineLacks), errors + output.GetAwaiter().GetResult());
        Assert.That(errors, Does.Contain("not the launcher's library").Or.Contain("There is no MPI library"));
        Assert.That(Directory.Exists(folder["out"]), Is.False);
    }

    [Test]
    public void Train_Alone_LoadsNoMpi()
    {
        using TemporaryFolder folder = new();
        using Process process = Start("LC_ALL", "C", "train", Root.Combine("models", "sinusoid"), "--out", folder["out"]);
        try
        {
            Assert.That(process.StandardError.ReadLine(), Does.Contain("meta-training"));
            string maps = File.ReadAllText($"/proc/{process.Id}/maps");
            Assert.That(maps, Does.Contain("libonnxruntime").Or.Contain("libtorch"));
            Assert.That(maps, Does.Not.Contain("libmpi"));
        }
        finally
        {
            process.Kill();
        }
    }

    private static Process Start(string variable, string value, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "kindling.dll");
        ProcessStartInfo start = new("dotnet", [program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment[variable] = value;
        return Process.Start(start)!;
    }

    private static MpiLauncher? Launcher(string environment)
    {
        Dictionary<string, string> variables = environment
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(v => v.Split('='))
            .ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        return MpiLauncher.Find(variables.GetValueOrDefault);
    }
}
