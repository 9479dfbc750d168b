using System.Text;
using System.Text.Json;

namespace Kindling.Cli.Tests;

/// <summary>Recipes for given data: what is chosen, that it trains, and what is refused.</summary>
public sealed class NewTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void CreateFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void New_ClassFolders_WritesARecipeThatTrainsAndAdapts()
    {
        Drawings.Write(
            folder["pictures"],
            12,
            6,
            1,
            new DrawingStyle
            {
                Width = 40,
                Height = 40,
                Paper = (230, 230, 230),
                Ink = (30, 30, 30),
            }
        );

        JsonElement report = Cli.Json("new", "signs", "--data", folder["pictures"], "--models", folder["models"]);

        string model = Path.Combine(folder["models"], "signs");
        Assert.That(report.GetProperty("recipe").GetString(), Is.EqualTo(Path.Combine(model, "recipe.json")));
        Assert.That(report.GetProperty("next")[0].GetString(), Is.EqualTo($"kindling train {model}"));
        JsonElement tasks = Section(model, "tasks");
        Assert.That(tasks.GetProperty("type").GetString(), Is.EqualTo("images"));
        Assert.That(tasks.GetProperty("ways").GetInt32(), Is.EqualTo(3));
        Assert.That(tasks.GetProperty("shots").GetInt32(), Is.EqualTo(1));
        Assert.That(tasks.GetProperty("queries").GetInt32(), Is.EqualTo(5));
        Assert.That(tasks.GetProperty("size").GetInt32(), Is.EqualTo(28));
        Assert.That(tasks.TryGetProperty("channels", out _), Is.False);
        Assert.That(Section(model, "network").GetProperty("normalization").GetString(), Is.EqualTo("support"));

        TrainAndExport(model);
        string bundle = Path.Combine(model, "build");
        string[] names = Drawings.Write(folder["mine"], 3, 1, 9, DrawingStyle.DarkOnLight);
        Cli.Succeed("adapt", bundle, "--support", folder["mine"], "--out", folder["mine.adapted"]);
        JsonElement predictions = Cli.Json("predict", bundle, "--adapted", folder["mine.adapted"], folder["mine"])
            .GetProperty("predictions");
        Assert.That(predictions.EnumerateArray().Select(p => p.GetProperty("label").GetString()), Is.SubsetOf(names));
    }

    [Test]
    public void New_ColourPictures_KeepsTheirColours()
    {
        Drawings.Write(
            folder["pictures"],
            6,
            2,
            1,
            new DrawingStyle
            {
                Width = 96,
                Height = 96,
                Ink = (200, 20, 20),
            }
        );

        Cli.Succeed("new", "signs", "--data", folder["pictures"], "--models", folder.Path);

        JsonElement tasks = Section(folder["signs"], "tasks");
        Assert.That(tasks.GetProperty("channels").GetInt32(), Is.EqualTo(3));
        Assert.That(tasks.GetProperty("size").GetInt32(), Is.EqualTo(48));
        Assert.That(tasks.GetProperty("ways").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public void New_TableOfClasses_WritesARecipeThatTrains()
    {
        string csv = Table("length,width,label", 20, 12, (c, r) => $"{c + (0.1 * r)},{(c * c) - r},kind{c}");

        Cli.Succeed("new", "kinds", "--data", csv, "--models", folder.Path);

        JsonElement tasks = Section(folder["kinds"], "tasks");
        Assert.That(
            (tasks.GetProperty("ways").GetInt32(), tasks.GetProperty("shots").GetInt32(), tasks.GetProperty("queries").GetInt32()),
            Is.EqualTo((5, 3, 5))
        );
        TrainAndExport(folder["kinds"]);
    }

    [Test]
    public void New_TableOfTasks_WritesARegressionThatTrains()
    {
        string csv = Table("t,label,task", 6, 8, (c, r) => $"{r},{0.1 * c * r},user{c}");

        Cli.Succeed("new", "users", "--data", csv, "--models", folder.Path);

        JsonElement tasks = Section(folder["users"], "tasks");
        Assert.That(
            (tasks.GetProperty("ways").GetInt32(), tasks.GetProperty("shots").GetInt32(), tasks.GetProperty("queries").GetInt32()),
            Is.EqualTo((1, 4, 4))
        );
        TrainAndExport(folder["users"]);
    }

    [Test]
    public void New_NameThatExists_IsRefused()
    {
        Directory.CreateDirectory(folder["signs"]);

        Assert.That(Refused("x"), Is.EqualTo($"kindling: {folder["signs"]} is there already; choose another name or remove it.\n"));
    }

    [Test]
    public void New_NothingThere_SaysWhatItTakes()
    {
        string none = folder["none"];

        Assert.That(
            Refused(none),
            Is.EqualTo($"kindling: {none}: there is nothing here; expected a folder of class folders of pictures, or a CSV file.\n")
        );
    }

    [Test]
    public void New_TooFewClasses_SaysTheNeed()
    {
        Drawings.Write(folder["pictures"], 5, 2, 1, DrawingStyle.DarkOnLight);

        Assert.That(
            Refused(folder["pictures"]),
            Is.EqualTo(
                $"kindling: {folder["pictures"]}: 5 classes are too few, at least 6 are needed: a task takes 2, and training, validation and test take "
                    + "theirs from different classes.\n"
            )
        );
    }

    [Test]
    public void New_ClassWithOnePicture_SaysTheNeed()
    {
        string[] names = Drawings.Write(folder["pictures"], 6, 2, 1, DrawingStyle.DarkOnLight);
        File.Delete(Path.Combine(folder["pictures"], names[2], "01.png"));

        Assert.That(
            Refused(folder["pictures"]),
            Is.EqualTo(
                $"kindling: {folder["pictures"]}: class '{names[2]}' has 1 of the pictures, at least 2 are needed: one to adapt to and one to judge by.\n"
            )
        );
    }

    [Test]
    public void New_DamagedPicture_IsNamed()
    {
        string[] names = Drawings.Write(folder["pictures"], 6, 12, 1, DrawingStyle.DarkOnLight);
        string damaged = Path.Combine(folder["pictures"], names[5], "11.png");
        File.WriteAllText(damaged, "not a picture");

        Assert.That(
            Refused(folder["pictures"]),
            Is.EqualTo($"kindling: '{damaged}' is neither PNG nor JPEG: it starts with 6E6F742061207069.\n")
        );
    }

    [Test]
    public void New_TableWithoutLabel_IsRefused()
    {
        string csv = Table("a,b", 1, 3, (c, r) => $"{c},{r}");

        Assert.That(
            Refused(csv),
            Is.EqualTo(
                $"kindling: {csv}: expected a column 'label' with class names, or a column 'task' that makes regressions; got a, b.\n"
            )
        );
    }

    [Test]
    public void New_TargetsFarFromOne_SaysTheNeed()
    {
        string csv = Table("t,label,task", 3, 2, (c, r) => $"{c},{100 * r},user{c}");

        Assert.That(
            Refused(csv),
            Is.EqualTo(
                $"kindling: {csv}: label spread by 50 (standard deviation), 0.1 to 10 is needed; shift and scale the targets so that they spread by about 1.\n"
            )
        );
    }

    /// <summary>The recipe as written but for its length.</summary>
    private static void TrainAndExport(string model)
    {
        string file = Path.Combine(model, "recipe.json");
        string recipe = File.ReadAllText(file);
        string shorter = recipe.Replace("\"validationEpisodes\": 100", "\"validationEpisodes\": 2", StringComparison.Ordinal);
        Assert.That(shorter, Is.Not.EqualTo(recipe));
        File.WriteAllText(file, shorter);
        Cli.Succeed("train", model, "--iterations", "2");
        Cli.Succeed("export", model);
    }

    private string Refused(string data)
    {
        Cli.Result result = Cli.Run("new", "signs", "--data", data, "--models", folder.Path);
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(File.Exists(Path.Combine(folder["signs"], "recipe.json")), Is.False);
        return result.Errors;
    }

    private static JsonElement Section(string model, string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "recipe.json"))).RootElement.GetProperty(name);

    private string Table(string header, int groups, int rows, Func<int, int, string> row)
    {
        StringBuilder text = new(header + "\n");
        for (int g = 0; g < groups; g++)
        {
            for (int r = 0; r < rows; r++)
            {
                text.Append(row(g, r)).Append('\n');
            }
        }

        File.WriteAllText(folder["table.csv"], text.ToString());
        return folder["table.csv"];
    }
}
