using System.Text.RegularExpressions;

namespace Kindling.Repository.Tests;

/// <summary>What tracked files must not hold.</summary>
public sealed partial class TrackedFileTests
{
    private static readonly string[] Text =
    [
        ".cs",
        ".csproj",
        ".props",
        ".targets",
        ".md",
        ".json",
        ".jsonl",
        ".txt",
        ".sh",
        ".sln",
        ".yml",
        ".proto",
        ".editorconfig",
        ".gitignore",
        ".gitattributes",
        "",
    ];

    [Test]
    public void TrackedFiles_HoldNoMachinePath()
    {
        List<string> found = [];
        foreach (string file in Root.TrackedFiles().Where(file => Text.Contains(Path.GetExtension(file))))
        {
            string path = Root.Combine(file);
            if (!File.Exists(path))
            {
                continue;
            }

            int number = 0;
            foreach (string line in File.ReadLines(path))
            {
                number++;
                if (MachinePath().IsMatch(line))
                {
                    found.Add($"{file}:{number}: {line.Trim()}");
                }
            }
        }

        Assert.That(found, Is.Empty);
    }

    [Test]
    public void TrackedFiles_AreNotWorkingOutput()
    {
        Assert.That(Root.TrackedFiles().Where(file => WorkingOutput().IsMatch(file)), Is.Empty);
    }

    [Test]
    public void Solution_HoldsEveryProject()
    {
        string solution = File.ReadAllText(Root.Combine("Pipeline.sln"));
        string[] missing =
        [
            .. Root.TrackedFiles()
                .Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
                .Where(file => !solution.Contains(file.Replace('/', '\\'), StringComparison.Ordinal)),
        ];

        Assert.That(missing, Is.Empty);
    }

    // A home folder, a drive, or the folder of a build machine, at the beginning of a path. The slash is a class of its own, so that this line is
    // not a finding.
    [GeneratedRegex(@"(?<![\w.\-])([/](work|home|root|Users|builds)[/]\w|[A-Z]:\\(Users|Work)\\)")]
    private static partial Regex MachinePath();

    [GeneratedRegex("(^|/)(artifacts|bin|obj|checkpoint|TestResults)/|^data/|^models/[^/]+/build/")]
    private static partial Regex WorkingOutput();
}
