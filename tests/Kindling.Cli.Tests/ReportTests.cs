using System.Text.Json;
using System.Xml.Linq;

namespace Kindling.Cli.Tests;

public sealed class ReportTests
{
    private Models models = null!;

    [OneTimeSetUp]
    public void Train()
    {
        models = new Models();
        models.TrainLinear();
    }

    [OneTimeTearDown]
    public void Delete() => models.Dispose();

    // 1. a model's folder 2. a checkpoint's folder 3. a bundle, which has no curves of its training
    [TestCase("linear", true)]
    [TestCase("linear/checkpoint", true)]
    [TestCase("linear/build", false)]
    public void Report_OfAnything_WritesPageAndPlots(string path, bool hasTraining)
    {
        string page = models["page.html"];
        string plots = models[$"plots {hasTraining}"];
        JsonElement json = Cli.Json("report", models[path], "--episodes", "3", "--out", page, "--plots", plots);
        Assert.That(json.GetProperty("report").GetString(), Is.EqualTo(page));
        string[] names = [.. json.GetProperty("plots").EnumerateArray().Select(p => Path.GetRelativePath(plots, p.GetString()!))];
        Assert.That(names.Contains("training-loss.png"), Is.EqualTo(hasTraining));
        Assert.That(names, Is.EquivalentTo(Directory.EnumerateFiles(plots).Select(f => Path.GetFileName(f))));
        XElement read = XDocument.Load(page).Root!;
        Assert.That(read.Descendants("h1").Single().Value, Is.EqualTo("line"));
        Assert.That(read.Value, Does.Contain("3 test tasks").And.Contain(models[path]));
    }

    [Test]
    public void Report_WithoutPlots_PrintsThePageAlone()
    {
        string page = models["alone.html"];
        Assert.That(Cli.Succeed("report", models.LinearBundle, "--episodes", "2", "--out", page).Output, Is.EqualTo(page + "\n"));
    }

    [Test]
    public void Report_OfNothing_SaysWhatItTakes()
    {
        Cli.Result result = Cli.Run("report", models["nowhere"]);
        Assert.That(
            (result.Code, result.Errors),
            Is.EqualTo(
                (
                    2,
                    $"kindling: {models["nowhere"]}: expected a model's folder, a bundle or the folder of a checkpoint; there is no theta.safetensors and no manifest.json here.\n"
                )
            )
        );
    }

    [Test]
    public void Report_OfHostileRecipe_ShowsItAsText()
    {
        const string Hostile = "</title><script>alert(1)</script>";
        string folder = models["hostile"];
        _ = models.Write(
            Path.Combine("hostile", "recipe.json"),
            File.ReadAllText(Path.Combine(models.LinearModel, "recipe.json"))
                .Replace("y = a x", Hostile, StringComparison.Ordinal)
                .Replace("\"line\"", $"\"{Hostile}\"", StringComparison.Ordinal)
        );
        Cli.Result trained = Cli.Succeed("train", folder, "--iterations", "2");
        Assert.That(trained.Errors, Does.EndWith($"`kindling report {folder}` evaluates and draws it\n"));
        string page = models["hostile.html"];
        Cli.Succeed("report", folder, "--episodes", "2", "--out", page);
        XElement read = XDocument.Load(page).Root!;
        Assert.That(read.Descendants("script"), Is.Empty);
        Assert.That(read.Descendants("h1").Single().Value, Is.EqualTo(Hostile));
    }
}
