using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Kindling.Repository.Tests;

/// <summary>What `make pack` makes, and whether its README is enough to use it.</summary>
public sealed class PackageTests
{
    private static readonly string[] Packages = ["Kindling.Adapt", "Kindling.Bundle", "Kindling.Hosting"];

    [Test]
    public void Pack_MakesThePackagesOfApps() =>
        Assert.That(
            Directory.EnumerateFiles(FreshApp.Feed).Select(file => Path.GetFileName(file).Split(".0.")[0]),
            Is.EquivalentTo(Packages)
        );

    [TestCaseSource(nameof(Packages))]
    public void Package_SaysWhatItIsAndNotWhereItWasBuilt(string id)
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(FreshApp.Feed, $"{id}.0.*.nupkg").Single());
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];
        Assert.That(files, Is.SupersetOf(new[] { $"{id}.nuspec", "README.md", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml" }));

        XElement metadata = XDocument.Load(package.GetEntry($"{id}.nuspec")!.Open()).Root!.Elements().Single();
        string Text(string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value ?? "";
        Assert.That((Text("id"), Text("license"), Text("readme")), Is.EqualTo((id, "MIT", "README.md")));
        Assert.That(Text("description"), Has.Length.GreaterThan(40));
        Assert.That(Text("tags"), Does.Contain("few-shot"));
        Assert.That(metadata.Elements().Select(element => element.Name.LocalName), Does.Not.Contain("repository"));

        using MemoryStream assembly = new();
        using (Stream stream = package.GetEntry($"lib/net10.0/{id}.dll")!.Open())
        {
            stream.CopyTo(assembly);
        }

        string bytes = Encoding.Latin1.GetString(assembly.ToArray());
        Assert.That(bytes, Does.Contain("/_/artifacts/").And.Not.Contain(Root.Path).And.Not.Contain(Path.GetDirectoryName(FreshApp.Feed)!));
    }

    /// <summary>Every command and the code of the packed README, in an empty folder.</summary>
    [Test]
    public void Readme_FollowedToTheLetter_AppAdaptsPredictsAndSaves()
    {
        string folder = FreshApp.Make("readme");
        string readme = ReadmeOf("Kindling.Adapt");
        foreach (string command in Block(readme, "sh").Split('\n'))
        {
            if (command.StartsWith("cd ", StringComparison.Ordinal))
            {
                folder = Path.Combine(folder, command[3..]);
                continue;
            }

            string[] words = command.Split(' ');
            FreshApp.Succeed(folder, words[0], words[1..]);
        }

        File.WriteAllText(Path.Combine(folder, "Program.cs"), Block(readme, "csharp"));
        string bundle = Path.Combine(folder, "models", "linear", "bundle");
        Directory.CreateDirectory(bundle);
        foreach (string file in Directory.EnumerateFiles(Root.Combine("models", "linear", "bundle")))
        {
            File.Copy(file, Path.Combine(bundle, Path.GetFileName(file)));
        }

        string output = FreshApp.Succeed(folder, "dotnet", "run");

        Assert.That(output, Does.Match(@"^The loss went from [\d.]+ to [\d.]+\. y\(2\.5\) = 4\.96\n$"));
        Assert.That(readme, Does.Contain("y(2.5) = 4.96"));
        Assert.That(File.Exists(Path.Combine(folder, "user42.adapted")), Is.True);
    }

    private static string ReadmeOf(string id)
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.GetFiles(FreshApp.Feed, $"{id}.0.*.nupkg").Single());
        using StreamReader reader = new(package.GetEntry("README.md")!.Open());
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Block(string text, string language)
    {
        string fence = $"```{language}\n";
        int start = text.IndexOf(fence, StringComparison.Ordinal) + fence.Length;
        return text[start..text.IndexOf("\n```", start, StringComparison.Ordinal)];
    }
}
