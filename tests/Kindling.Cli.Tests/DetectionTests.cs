using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Cli.Tests;

/// <summary>A detector on the command line: adapt to pictures with boxes, find objects, draw them.</summary>
public sealed class DetectionTests
{
    private const int Size = 32;
    private readonly Models models = new();

    private string Bundle => Path.Combine(models["finder"], "build");

    [OneTimeSetUp]
    public void Train()
    {
        models.Write(
            Path.Combine("finder", "recipe.json"),
            """
            {
              "name": "finder", "seed": 3,
              "network": { "type": "detector", "filters": 8, "normalization": "support" },
              "tasks": { "type": "scenes", "size": 32, "ways": 2, "shots": 1, "queries": 2, "objects": 2, "trainClasses": 20, "validationClasses": 4, "testClasses": 4 },
              "algorithm": { "type": "maml", "engine": "graph", "iterations": 400, "tasksPerBatch": 4, "outerRate": 0.005, "validationEpisodes": 4 },
              "inner": { "rate": 0.05, "rates": "learned", "steps": 2, "adaptationSteps": 5, "loss": "detection" }
            }
            """
        );
        Cli.Succeed("train", models["finder"]);
        Cli.Succeed("export", models["finder"]);
        // a bright square and a frame of the same size, and the same two elsewhere
        Picture("known", "one", (2, 3, 'f'), (18, 16, 'o'));
        Picture("asked", "two", (17, 2, 'f'), (4, 18, 'o'));
    }

    [OneTimeTearDown]
    public void Remove() => models.Dispose();

    [Test]
    public void Predict_Adapted_FindsTheObjectsAndDrawsThem()
    {
        JsonElement report = Cli.Json("adapt", Bundle, "--support", models["known"], "--out", models["known.adapted"], "--steps", "60");
        JsonElement found = Cli.Json(
                "predict",
                Bundle,
                "--adapted",
                models["known.adapted"],
                "--score",
                "0.1",
                "--draw",
                models["drawn"],
                Path.Combine(models["asked"], "two.png")
            )
            .GetProperty("predictions")[0];
        JsonElement best = found.GetProperty("objects")[0];
        float[] box = [.. best.GetProperty("box").EnumerateArray().Select(edge => edge.GetSingle())];

        Assert.That(report.GetProperty("accepted").GetBoolean(), Is.True);
        Assert.That(report.GetProperty("lossAfter").GetDouble(), Is.LessThan(0.9 * report.GetProperty("lossBefore").GetDouble()));
        // the square is at (17, 2), the frame at (4, 18)
        Box where = new(box[0], box[1], box[2], box[3]);
        float[] overlaps = [.. new[] { new Box(17, 2, 28, 13), new Box(4, 18, 15, 29) }.Select(where.IntersectionOverUnion)];
        Assert.That(best.GetProperty("label").GetString(), Is.AnyOf("frame", "square"));
        Assert.That(overlaps.Max(), Is.GreaterThan(0.4f), $"{found}");
        Assert.That(best.GetProperty("score").GetSingle(), Is.InRange(0.1f, 1f));
        Assert.That(box, Has.Length.EqualTo(4).And.All.InRange(0f, (float)Size));
        Assert.That(File.ReadAllBytes(Path.Combine(models["drawn"], "two.png"))[1..4], Is.EqualTo("PNG"u8.ToArray()));
    }

    [Test]
    public void Predict_DrawnIntoTheFolderOfThePictures_LeavesThemAsTheyAre()
    {
        string picture = Path.Combine(models["asked"], "two.png");
        byte[] before = File.ReadAllBytes(picture);
        Cli.Result result = Cli.Run("predict", Bundle, models["asked"], "--draw", models["asked"]);
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(
            result.Errors,
            Does.EndWith($"kindling: {picture}: there is a picture here already, which --draw does not overwrite; give another folder.\n")
        );
        Assert.That(File.ReadAllBytes(picture), Is.EqualTo(before));
    }

    [Test]
    public void Eval_OwnPictures_LearnsFromSomeAndIsJudgedByOthers()
    {
        for (int i = 0; i < 4; i++)
        {
            Picture("own", $"p{i}", (2 + (4 * i), 3, 'f'), (18 - (4 * i), 18, 'o'));
        }

        JsonElement report = Cli.Json("eval", Bundle, "--source", models["own"], "--shots", "2", "--queries", "2", "--episodes", "3");
        string table = Cli.Succeed("eval", Bundle, "--episodes", "3", "--plot", models["sheet.png"]).Output;

        Assert.That(report.GetProperty("metric").GetString(), Is.EqualTo("mAP@0.5"));
        Assert.That(
            report.GetProperty("inductive").GetProperty("mean").EnumerateArray().Select(m => m.GetDouble()),
            Has.All.InRange(0.0, 1.0)
        );
        Assert.That(table, Does.StartWith("mAP@0.5 over 3 test tasks, 2-way 1-shot").And.Contains("scratch").And.Contains("joint, long"));
        Assert.That(File.ReadAllBytes(models["sheet.png"])[1..4], Is.EqualTo("PNG"u8.ToArray()));
    }

    [Test]
    public void Predict_WhatDetectorsDoNotHave_IsRefused()
    {
        models.Write(Path.Combine("wrong", "boxes.csv"), "image,class,xmin,ymin,xmax,ymax\none,square,1,1,40,9\n");
        File.WriteAllBytes(Path.Combine(models["wrong"], "one.png"), PngFile.Of(Size, Size, new byte[Size * Size]));
        Cli.Result outside = Cli.Run("adapt", Bundle, "--support", models["wrong"], "--out", models["never.adapted"]);
        Cli.Result ways = Cli.Run("eval", Bundle, "--ways", "2");

        Assert.That(outside.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(outside.Errors, Does.Contain("row 1: the box [1, 1, 40, 9] of 'square' is outside its picture of 32x32."));
        Assert.That(File.Exists(models["never.adapted"]), Is.False);
        Assert.That(ways.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(ways.Errors, Does.Contain("it has 1 way, not 2"));
    }

    // Pascal VOC, a picture and its file
    private void Picture(string folder, string name, params (int Left, int Top, char Kind)[] items)
    {
        const int Side = 11;
        byte[] pixels = new byte[Size * Size];
        List<string> objects = [];
        foreach ((int left, int top, char kind) in items)
        {
            for (int i = 0; i < Side * Side; i++)
            {
                (int x, int y) = (i % Side, i / Side);
                bool isInk = kind == 'f' || x < 2 || y < 2 || x >= Side - 2 || y >= Side - 2;
                pixels[((top + y) * Size) + left + x] = isInk ? (byte)230 : (byte)0;
            }

            objects.Add(
                $"""
                <object><name>{(kind == 'f' ? "square" : "frame")}</name><bndbox>
                <xmin>{left}</xmin><ymin>{top}</ymin><xmax>{left + Side}</xmax><ymax>{top + Side}</ymax></bndbox></object>
                """
            );
        }

        models.Write(
            Path.Combine(folder, $"{name}.xml"),
            $"<annotation><filename>{name}.png</filename>{string.Concat(objects)}</annotation>"
        );
        File.WriteAllBytes(Path.Combine(models[folder], $"{name}.png"), PngFile.Of(Size, Size, pixels));
    }
}
