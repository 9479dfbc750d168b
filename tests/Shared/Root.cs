using System.Diagnostics;

namespace Kindling.TestSupport;

/// <summary>The repository, found upwards from the test's own folder, and commands run in it.</summary>
internal static class Root
{
    public static string Path { get; } = Find();

    /// <summary>The build configuration's folder name: this test's own.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Name;

    public static string Combine(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>The files that git tracks; without git (an unpacked archive) all files but working output.</summary>
    public static string[] TrackedFiles()
    {
        (int code, string output, _) =
            Directory.Exists(Combine(".git")) || File.Exists(Combine(".git")) ? Run("git", "ls-files", "-z") : (1, "", "");
        return code == 0
            ? output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            :
            [
                .. Directory
                    .EnumerateFiles(Path, "*", SearchOption.AllDirectories)
                    .Select(file => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/'))
                    .Where(file =>
                        !file.StartsWith("artifacts/", StringComparison.Ordinal) && !file.StartsWith(".git/", StringComparison.Ordinal)
                    ),
            ];
    }

    /// <summary>Runs a program in the repository.</summary>
    public static (int Code, string Output, string Errors) Run(string program, params string[] arguments) =>
        RunIn(Path, program, arguments);

    /// <summary>Runs a program in a folder.</summary>
    public static (int Code, string Output, string Errors) RunIn(string folder, string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What the test host says about itself must not reach a build or a program that is started here.
        foreach (
            string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray()
        )
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Pipeline.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Pipeline.sln above {AppContext.BaseDirectory}.");
    }
}
