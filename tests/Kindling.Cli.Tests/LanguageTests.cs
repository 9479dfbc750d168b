using System.Text.Json;

namespace Kindling.Cli.Tests;

/// <summary>A language model on the command line: adapt to a text, and what may come next.</summary>
public sealed class LanguageTests
{
    private readonly Models models = new();

    private string Bundle => Path.Combine(models["tongue"], "build");

    [OneTimeSetUp]
    public void Train()
    {
        models.Write(
            Path.Combine("tongue", "recipe.json"),
            """
            {
              "name": "tongue", "seed": 3,
              "network": { "type": "gru-lm", "width": 16 },
              "tasks": { "type": "udhr", "shots": 4, "queries": 4, "length": 40, "context": 8, "orders": [3, 1] },
              "algorithm": { "type": "joint", "engine": "graph", "iterations": 40, "tasksPerBatch": 4, "outerRate": 0.02, "validationEpisodes": 2 },
              "inner": { "optimizer": "adam", "epsilon": 1e-5, "rate": 0.003, "steps": 2, "batch": 3 }
            }
            """
        );
        _ = TinyLanguages.Write(models["data"]);
        Cli.Succeed("train", models["tongue"], "--data", models["data"]);
        Cli.Succeed("export", models["tongue"]);
        models.Write("song.txt", string.Concat(Enumerable.Repeat("kolo mita, kolo sane. ", 12)));
    }

    [OneTimeTearDown]
    public void Remove() => models.Dispose();

    [Test]
    public void Adapt_TextFile_MakesADeltaThatPredictsTheText()
    {
        JsonElement report = Cli.Json("adapt", Bundle, "--support", models["song.txt"], "--out", models["song.adapted"], "--steps", "40");
        JsonElement plain = Predict(models["song.txt"]);
        JsonElement adapted = Predict("--adapted", models["song.adapted"], models["song.txt"]);

        Assert.That(report.GetProperty("accepted").GetBoolean(), Is.True);
        Assert.That(report.GetProperty("steps").GetInt32(), Is.EqualTo(40));
        Assert.That(adapted.GetProperty("bytes").GetInt32(), Is.EqualTo(264));
        Assert.That(adapted.GetProperty("bitsPerByte").GetDouble(), Is.LessThan(plain.GetProperty("bitsPerByte").GetDouble() - 0.3));
        Assert.That(
            adapted.GetProperty("perplexity").GetDouble(),
            Is.EqualTo(Math.Pow(2, adapted.GetProperty("bitsPerByte").GetDouble())).Within(1e-6)
        );
    }

    [Test]
    public void Predict_Text_SuggestsWordsAndBytes()
    {
        Cli.Succeed("adapt", Bundle, "--support", models["song.txt"], "--out", models["words.adapted"], "--steps", "60");
        JsonElement prediction = Predict("--adapted", models["words.adapted"], "--before", models["song.txt"], "kolo mita, kolo sa");
        JsonElement word = prediction.GetProperty("nextWords")[0];
        string text = Cli.Succeed(
            "predict",
            Bundle,
            "--adapted",
            models["words.adapted"],
            "--before",
            models["song.txt"],
            "kolo mit"
        ).Output;

        Assert.That(word.GetProperty("word").GetString(), Is.EqualTo("sane"));
        Assert.That(word.GetProperty("rest").GetString(), Is.EqualTo("ne"));
        Assert.That(prediction.GetProperty("nextBytes")[0].GetProperty("text").GetString(), Is.EqualTo("n"));
        Assert.That(prediction.GetProperty("nextBytes").GetArrayLength(), Is.EqualTo(5));
        Assert.That(text, Does.Match("^kolo mit\t8 bytes, [0-9.]+ bits per byte, perplexity [0-9.]+\n  next word  mita 0\\.[0-9]{3}"));
    }

    [Test]
    public void Eval_Bundle_ShowsLanguagesAndTheirMeans()
    {
        string table = Cli.Succeed("eval", Bundle, "--data", models["data"]).Output;

        Assert.That(table, Does.StartWith("bitsPerByte over 3 test tasks"));
        Assert.That(table, Does.Contain("mean of 3, test").And.Contain("ppmd"));
    }

    [Test]
    public void Eval_OwnTexts_TakesEachFile()
    {
        models.Write(Path.Combine("own", "song.txt"), string.Concat(Enumerable.Repeat("kolo mita, kolo sane. ", 40)));

        JsonElement report = Cli.Json("eval", Bundle, "--source", models["own"], "--data", models["data"]);

        Assert.That(
            report.GetProperty("languages").EnumerateArray().Select(l => l.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "song" })
        );
    }

    private static IEnumerable<TestCaseData> Faults() =>
        [
            Fault(2, "Expected a text, got an empty one.", "adapt", "BUNDLE", "--support", "empty.txt", "--out", "x.adapted"),
            Fault(2, "expected a file", "adapt", "BUNDLE", "--support", "missing.txt", "--out", "x.adapted"),
            Fault(2, "Expected a text, got an empty one.", "predict", "BUNDLE", "empty.txt"),
            Fault(
                2,
                "--invert is for pictures; 'tongue' takes texts.",
                "adapt",
                "BUNDLE",
                "--support",
                "song.txt",
                "--invert",
                "yes",
                "--out",
                "x.adapted"
            ),
        ];

    [TestCaseSource(nameof(Faults))]
    public void Command_WithBadInput_SaysWhat(int code, string message, string[] arguments)
    {
        models.Write("empty.txt", "");
        string[] placed = Array.ConvertAll(
            arguments,
            a =>
                a == "BUNDLE" ? Bundle
                : a.Contains('.', StringComparison.Ordinal) ? models[a]
                : a
        );

        Cli.Result result = Cli.Run(placed);

        Assert.That(result.Code, Is.EqualTo(code), result.Errors);
        Assert.That(result.Errors, Does.Contain(message));
    }

    // Bytes are bytes, and a text may be shorter than a window.
    [Test]
    public void Adapt_ShortTextThatIsNoUtf8_Works()
    {
        File.WriteAllBytes(models["bytes.bin"], [0xFF, 0x00, 0xC3, 0x28, 0xFF, 0x00, 0xC3, 0x28]);

        Assert.That(
            Cli.Json("adapt", Bundle, "--support", models["bytes.bin"], "--out", models["bytes.adapted"])
                .GetProperty("accepted")
                .GetBoolean(),
            Is.True
        );
        Assert.That(Predict("--adapted", models["bytes.adapted"], models["bytes.bin"]).GetProperty("bytes").GetInt32(), Is.EqualTo(8));
    }

    private JsonElement Predict(params string[] arguments) => Cli.Json(["predict", Bundle, .. arguments]).GetProperty("predictions")[0];

    private static TestCaseData Fault(int code, string message, params string[] arguments) =>
        new TestCaseData(code, message, arguments).SetArgDisplayNames(string.Join(' ', arguments));
}
