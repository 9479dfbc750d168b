using System.Text.RegularExpressions;

namespace Kindling.Repository.Tests;

/// <summary>The sample app in the three ways in which a console app is published, each from the packages: no warning, and the same output.</summary>
public sealed partial class PublishTests
{
    private const string Sample = "QuickStart";

    private static readonly TestCaseData[] Ways =
    [
        new TestCaseData("framework-dependent", new[] { "--no-self-contained" }).SetArgDisplayNames("framework-dependent"),
        new TestCaseData("trimmed", new[] { "--self-contained", "-p:PublishTrimmed=true" }).SetArgDisplayNames("trimmed"),
        new TestCaseData("ahead of time", new[] { "-p:PublishAot=true" }).SetArgDisplayNames("ahead of time"),
    ];

    [TestCaseSource(nameof(Ways))]
    public void Sample_Published_GivesTheSameOutputWithoutAWarning(string way, string[] options)
    {
        if (options.Contains("-p:PublishAot=true"))
        {
            AotTests.RequireCompiler();
        }

        string folder = FreshApp.Make(way.Replace(' ', '-'));
        File.Copy(Root.Combine("tools", "samples", Sample, "Program.cs"), Path.Combine(folder, "Program.cs"));
        File.WriteAllText(
            Path.Combine(folder, $"{Sample}.csproj"),
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TrimmerSingleWarn>false</TrimmerSingleWarn>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Kindling.Adapt" Version="0.*" />
                <PackageReference Include="Microsoft.ML.OnnxRuntime" Version="1.31.1" ExcludeAssets="build" />
              </ItemGroup>
            </Project>
            """
        );
        TestBundles.Linear(Path.Combine(folder, "b"), new TestBundleOptions { Steps = 5, Rates = [0.01f] });

        string log = FreshApp.Succeed(folder, "dotnet", ["publish", "-r", "linux-x64", "--nologo", "-v", "n", "-o", "out", .. options]);
        string output = FreshApp.Succeed(folder, Path.Combine(folder, "out", Sample), "b", "me.adapted");

        Assert.That(log, Does.Match(@"\n\s+0 Warning\(s\)\n"));
        Assert.That(Times().Replace(output, "_ ms"), Is.EqualTo(Times().Replace(Expected(folder), "_ ms")));
        FileInfo[] files =
        [
            .. new DirectoryInfo(Path.Combine(folder, "out"))
                .EnumerateFiles()
                .Where(file => file.Extension is not (".pdb" or ".dbg" or ".xml")),
        ];
        double all = files.Sum(file => file.Length) / 1e6;
        double native =
            files.Where(file => file.Name.StartsWith("libonnxruntime", StringComparison.Ordinal)).Sum(file => file.Length) / 1e6;
        TestContext.Out.WriteLine(
            $"{way}: {files.Length} files, app {all - native:0.00} MB, ONNX Runtime's native library {native:0.0} MB"
        );
    }

    /// <summary>What the sample writes as it was built with the solution, compiled while it runs.</summary>
    private static string Expected(string folder) =>
        FreshApp.Succeed(
            folder,
            "dotnet",
            Root.Combine("artifacts", "bin", Sample, Root.Configuration, $"{Sample}.dll"),
            "b",
            "me.adapted"
        );

    [GeneratedRegex(@"[\d.]+ ms")]
    private static partial Regex Times();
}
