using System.Text.Json;

namespace Kindling.Cli.Tests;

/// <summary>A classifier of 28x28 grey glyphs, given pictures of other sizes, colours and formats.</summary>
public sealed class PictureTests
{
    private readonly Models models = new();

    [OneTimeSetUp]
    public void Train() => models.TrainGlyphs();

    [OneTimeTearDown]
    public void Remove() => models.Dispose();

    private static IEnumerable<TestCaseData> Styles()
    {
        const string Dark = "64x80 colour -> grey, inverted (light ground), contrast stretched, padded to square, resized to 28x28";
        const string Light = "64x80 colour -> grey, not inverted (dark ground), contrast stretched, padded to square, resized to 28x28";
        const string Jpeg = "224x224 grey -> inverted (light ground), contrast stretched, resized to 28x28";
        yield return new TestCaseData(3, DrawingStyle.DarkOnLight, Dark, DrawingStyle.LightOnDark, Light).SetArgDisplayNames(
            "3",
            "dark, then light"
        );
        yield return new TestCaseData(5, DrawingStyle.LightOnDark, Light, DrawingStyle.DarkOnLight, Dark).SetArgDisplayNames(
            "5",
            "light, then dark"
        );
        yield return new TestCaseData(5, DrawingStyle.Jpeg, Jpeg, DrawingStyle.DarkOnLight, Dark).SetArgDisplayNames(
            "5",
            "JPEG, then dark PNG"
        );
    }

    [TestCaseSource(nameof(Styles))]
    public void Predict_PicturesUnlikeTheTrainingData_AreToldApart(
        int classes,
        DrawingStyle given,
        string givenAs,
        DrawingStyle asked,
        string askedAs
    )
    {
        string support = models[$"support{classes}{givenAs.Length}"];
        string query = models[$"query{classes}{givenAs.Length}"];
        string[] names = Drawings.Write(support, classes, 3, 1, given);
        Drawings.Write(query, classes, 4, 2, asked);
        string delta = models["pictures.adapted"];

        Cli.Result adapted = Cli.Succeed("adapt", models.GlyphBundle, "--support", support, "--out", delta, "--provider", "cpu");
        Cli.Result predicted = Cli.Succeed("predict", models.GlyphBundle, "--adapted", delta, query, "--provider", "cpu", "--json");

        Assert.That(adapted.Errors, Is.EqualTo($"support: {classes * 3} of {classes * 3} pictures: {givenAs}\n"));
        Assert.That(predicted.Errors, Is.EqualTo($"input: {classes * 4} of {classes * 4} pictures: {askedAs}\n"));
        JsonElement[] predictions = [.. JsonDocument.Parse(predicted.Output).RootElement.GetProperty("predictions").EnumerateArray()];
        Assert.That(predictions[0].EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "input", "label", "scores" }));
        Assert.That(predictions[0].GetProperty("scores").EnumerateObject().Select(p => p.Name), Is.EqualTo(names));
        Assert.That(predictions[0].GetProperty("scores").EnumerateObject().Sum(p => p.Value.GetDouble()), Is.EqualTo(1).Within(1e-5));
        int right = predictions.Count(p => p.GetProperty("input").GetString()!.Contains($"/{p.GetProperty("label").GetString()}/"));
        Assert.That(right, Is.GreaterThanOrEqualTo(classes * 4 * 7 / 10), $"{right} of {classes * 4}");
    }

    [Test]
    public void Adapt_Invert_IsRememberedForPrediction()
    {
        string support = models["invert"];
        Drawings.Write(support, 3, 1, 1, DrawingStyle.DarkOnLight);
        string delta = models["invert.adapted"];

        Cli.Result adapted = Cli.Succeed(
            "adapt",
            models.GlyphBundle,
            "--support",
            support,
            "--out",
            delta,
            "--invert",
            "yes",
            "--provider",
            "cpu"
        );
        Cli.Result predicted = Cli.Succeed("predict", models.GlyphBundle, "--adapted", delta, support, "--provider", "cpu");

        const string Way = "64x80 colour -> grey, inverted (as set), contrast stretched, padded to square, resized to 28x28";
        Assert.That(adapted.Errors, Is.EqualTo($"support: 3 of 3 pictures: {Way}\n"));
        Assert.That(predicted.Errors, Is.EqualTo($"input: 3 of 3 pictures: {Way}\n"));
        Assert.That(Cli.Json("inspect", delta).GetProperty("invert").GetString(), Is.EqualTo("yes"));
    }

    [Test]
    public void Adapt_PicturesOfBothKinds_SaysSo()
    {
        string support = models["mixed"];
        Drawings.Write(support, 3, 1, 1, DrawingStyle.DarkOnLight);
        Drawings.Write(Path.Combine(models["mixed2"]), 3, 1, 1, DrawingStyle.LightOnDark);
        string folder = Directory.EnumerateDirectories(support).First();
        File.Copy(Path.Combine(models["mixed2"], Path.GetFileName(folder), "00.png"), Path.Combine(folder, "01.png"));

        Cli.Result adapted = Cli.Succeed(
            "adapt",
            models.GlyphBundle,
            "--support",
            support,
            "--out",
            models["mixed.adapted"],
            "--provider",
            "cpu"
        );

        Assert.That(
            adapted.Errors.Split('\n')[2],
            Is.EqualTo(
                "support: 3 pictures were taken for dark on light, 1 for light on dark; where they are all alike, adapt with --invert yes (dark on light) or no"
            )
        );
    }

    [Test]
    public void Adapt_MoreClassesThanSlots_NamesBothNumbers()
    {
        string[] names = Drawings.Write(models["six"], 6, 1, 1, DrawingStyle.DarkOnLight);

        Cli.Result result = Adapt(models["six"]);

        Assert.That(
            result.Errors.Split('\n')[1],
            Is.EqualTo($"kindling: 'glyphs' has 5 head slots, the examples make 6 classes: {string.Join(", ", names)}.")
        );
        Assert.That(result.Code, Is.EqualTo(2));
    }

    [Test]
    public void Adapt_WrongSupport_SaysWhatWasExpected()
    {
        string file = models.Write("support.csv", "x,label\n1,a\n");
        Directory.CreateDirectory(models["flat"]);
        Directory.CreateDirectory(Path.Combine(models["holed"], "empty"));

        Assert.That(
            Adapt(file).Errors,
            Is.EqualTo($"kindling: {file}: the model takes pictures, so its examples are a folder with one folder of pictures a class.\n")
        );
        Assert.That(
            Adapt(models["nowhere"]).Errors,
            Is.EqualTo(
                $"kindling: '{models["nowhere"]}' is not a folder: expected a folder that holds one folder of pictures for each class.\n"
            )
        );
        Assert.That(
            Adapt(models["flat"]).Errors,
            Is.EqualTo(
                $"kindling: '{models["flat"]}' holds no class folders: expected one folder of PNG or JPEG pictures for each class.\n"
            )
        );
        Assert.That(
            Adapt(models["holed"]).Errors,
            Is.EqualTo(
                $"kindling: Class folder '{Path.Combine(models["holed"], "empty")}' holds no pictures: expected at least one PNG or JPEG file.\n"
            )
        );
    }

    [Test]
    public void Predict_MissingPicture_IsRejected()
    {
        Cli.Result result = Cli.Run("predict", models.GlyphBundle, models["none.png"], "--provider", "cpu");

        Assert.That(
            result.Errors,
            Is.EqualTo($"kindling: '{models["none.png"]}' cannot be read: Could not find file '{models["none.png"]}'.\n")
        );
        Assert.That(result.Code, Is.EqualTo(2));
    }

    private Cli.Result Adapt(string support)
    {
        Cli.Result result = Cli.Run("adapt", models.GlyphBundle, "--support", support, "--out", models["no.adapted"], "--provider", "cpu");
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(result.Output, Is.Empty);
        Assert.That(File.Exists(models["no.adapted"]), Is.False);
        return result;
    }
}
