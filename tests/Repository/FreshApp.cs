namespace Kindling.Repository.Tests;

/// <summary>
/// The packages for apps, packed once into a folder outside the repository, and new console apps there that take them from it. Nothing else is downloaded: what
/// the solution's own restore brought is their other source.
/// </summary>
[SetUpFixture]
internal sealed class FreshApp
{
    private static readonly TemporaryFolder Folder = new();

    /// <summary>A version that nothing else has, so that no cache holds it.</summary>
    private static readonly string Version = $"0.1.0.{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}";

    private static readonly Lazy<string> LazyFeed = new(Pack);

    /// <summary>The folder with the packages.</summary>
    public static string Feed => LazyFeed.Value;

    /// <summary>A folder for an app, below which NuGet finds the packages.</summary>
    public static string Make(string name)
    {
        _ = Feed;
        return Directory.CreateDirectory(Folder[name]).FullName;
    }

    /// <summary>Runs the command and returns what it wrote; anything but success fails the test.</summary>
    public static string Succeed(string folder, string program, params IEnumerable<string> arguments)
    {
        (int code, string output, string errors) = Root.RunIn(folder, program, arguments);
        Assert.That(code, Is.Zero, output + errors);
        return output;
    }

    [OneTimeTearDown]
    public void Remove() => Folder.Dispose();

    private static string Pack()
    {
        string cache = Succeed(Root.Path, "dotnet", "nuget", "locals", "global-packages", "--list").Split(": ", 2)[1].Trim();
        File.WriteAllText(
            Folder["nuget.config"],
            $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Folder["packages"]}" /></config>
              <packageSources><clear /><add key="feed" value="{Folder["feed"]}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="restored" value="{cache}" /></fallbackPackageFolders>
            </configuration>
            """
        );
        // As `make pack`, with all output elsewhere.
        Succeed(
            Root.Path,
            "dotnet",
            "build",
            "src/Kindling.Hosting",
            "-c",
            "Release",
            "--nologo",
            "-v",
            "q",
            "-p:GeneratePackageOnBuild=true",
            $"-p:PackageOutputPath={Folder["feed"]}",
            $"-p:ArtifactsPath={Folder["artifacts"]}",
            $"-p:PackageVersion={Version}",
            "-p:RunAnalyzers=false"
        );
        return Folder["feed"];
    }
}
