using System.Text.Json;
using Kindling.Recipes;

namespace Kindling.Cli.Tests;

public sealed class SweepTests
{
    private const string Recipe = """
        {
          "name": "lines", "seed": 1, "network": { "type": "linear" }, "tasks": { "type": "linear", "shots": 5, "queries": 5 },
          "algorithm": { "type": "maml", "engine": "graph", "iterations": 4, "tasksPerBatch": 2, "validationEpisodes": 2 },
          "inner": { "rate": 0.01 }
        }
        """;

    private TemporaryFolder folder = null!;

    [SetUp]
    public void CreateFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [Test]
    public void Sweep_TwoValuesAndSeeds_PrintsATableAndGoesOn()
    {
        string file = folder["lines.json"];
        File.WriteAllText(file, Recipe);
        string[] command =
        [
            "sweep",
            file,
            "--set",
            "inner.rate=0.01,0.02",
            "--seeds",
            "2",
            "--episodes",
            "3",
            "--steps",
            "0,1",
            "--out",
            folder["out"],
        ];
        Cli.Result first = Cli.Succeed(command);
        string[] lines = first.Output.Split('\n');
        Assert.That(lines[0], Is.EqualTo("| setting | seeds | after 0 | after 1 | seconds |"));
        Assert.That(lines[2], Does.StartWith("| lines inner.rate=0.01 | 2 | "));
        Assert.That(lines[3], Does.StartWith("| lines inner.rate=0.02 | 2 | "));
        Assert.That(first.Errors, Does.Contain("lines inner.rate=0.02 seed 2"));
        Cli.Result second = Cli.Succeed(command);
        Assert.That(second.Output, Is.EqualTo(first.Output));
        Assert.That(second.Errors, Is.Empty, "nothing is trained again");
        JsonElement json = Cli.Json(command);
        Assert.That(json.GetProperty("rows")[1].GetProperty("setting").GetString(), Is.EqualTo("lines inner.rate=0.02"));
        Assert.That(json.GetProperty("rows")[1].GetProperty("mean").GetArrayLength(), Is.EqualTo(2));
    }

    [TestCase("inner.rate", "--set takes MEMBER=VALUE,VALUE, as in inner.rate=0.01,0.02; got 'inner.rate'.")]
    [TestCase("=1", "--set takes MEMBER=VALUE,VALUE, as in inner.rate=0.01,0.02; got '=1'.")]
    public void Sweep_WrongSet_SaysWhatItTakes(string set, string fault)
    {
        Cli.Result result = Cli.Run("sweep", "nowhere", "--set", set, "--out", folder["out"]);
        Assert.That((result.Code, result.Errors), Is.EqualTo((1, $"kindling: {fault}\n`kindling sweep --help` lists what there is.\n")));
    }

    [Test]
    public void Sweep_MemberSetTwice_IsRefused()
    {
        Cli.Result result = Cli.Run("sweep", "nowhere", "--set", "inner.rate=1", "--set", "inner.rate=2", "--out", folder["out"]);
        Assert.That(result.Code, Is.EqualTo(1));
        Assert.That(
            result.Errors,
            Does.StartWith("kindling: --set inner.rate stands 2 times; expected all values in one: --set inner.rate=VALUE,VALUE.\n")
        );
    }

    // Folders that differ behind a point, and files that are all called recipe.json.
    [Test]
    public void Sweep_RecipesOfFolders_AreCalledAsTheFoldersAre()
    {
        foreach (string name in new[] { "net-0.1", "net-0.2" })
        {
            _ = Directory.CreateDirectory(folder[name]);
            File.WriteAllText(Path.Combine(folder[name], "recipe.json"), Recipe);
        }

        string[] lines = Cli.Succeed(
                "sweep",
                folder["net-0.1"],
                Path.Combine(folder["net-0.2"], "recipe.json"),
                "--episodes",
                "2",
                "--steps",
                "0",
                "--out",
                folder["out"]
            )
            .Output.Split('\n');
        Assert.That(lines[2], Does.StartWith("| net-0.1 | 1 | "));
        Assert.That(lines[3], Does.StartWith("| net-0.2 | 1 | "));
    }

    [Test]
    public void Sweep_NoRecipe_IsRefused()
    {
        Cli.Result result = Cli.Run("sweep", folder["none"], "--out", folder["out"]);
        Assert.That((result.Code, result.Errors), Is.EqualTo((2, $"kindling: {folder["none"]}: there is no recipe here.\n")));
    }

    // Help and documentation name every meta-learner, its publication, and what it stands in for.
    [Test]
    public void TrainHelp_AndDocumentation_NameEveryMetaLearner()
    {
        string help = Cli.Succeed("train", "--help").Output;
        string page = File.ReadAllText(Root.Combine("docs/meta-learners.md"));
        foreach (AlgorithmRow row in AlgorithmRows.All)
        {
            Assert.That(help, Does.Contain($"{row.Title}, {row.Source}: {row.Summary}"));
            Assert.That(page, Does.Contain($"| `{row.Type}` | {row.Title} | {row.Source} | {row.Summary} |"));
            if (row.StandsInFor is { } name)
            {
                Assert.That(help, Does.Contain(name));
                Assert.That(page, Does.Contain($"| {name} |"));
            }
        }
    }
}
