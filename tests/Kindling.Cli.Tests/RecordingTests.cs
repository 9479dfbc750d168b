using System.Text.Json;

namespace Kindling.Cli.Tests;

/// <summary>A classifier of tones, trained on a folder of WAV files and given recordings of other rates.</summary>
public sealed class RecordingTests
{
    private readonly Models models = new();

    private string Bundle => Path.Combine(models["tones"], "build");

    [OneTimeSetUp]
    public void Train()
    {
        for (int c = 0; c < 12; c++)
        {
            WriteTones(models["set"], $"tone{c:00}", 300 * Math.Pow(1.2, c), 16_000, 6);
        }

        models.Write(
            "tones/recipe.json",
            $$"""
            {
              "name": "tones", "seed": 1,
              "network": { "type": "mlp", "hidden": [32], "normalization": "layer" },
              "tasks": { "type": "recordings", "source": "{{models[
                "set"
            ]}}", "ways": 3, "shots": 2, "queries": 2, "frames": 16, "mels": 16 },
              "algorithm": { "type": "maml", "iterations": 60, "tasksPerBatch": 4, "outerRate": 0.003, "validationEpisodes": 2 },
              "inner": { "rate": 0.1, "rates": "learned", "steps": 2, "adaptationSteps": 4 }
            }
            """
        );
        Cli.Succeed("train", models["tones"]);
        Cli.Succeed("export", models["tones"]);
    }

    [OneTimeTearDown]
    public void Remove() => models.Dispose();

    [Test]
    public void Predict_RecordingsOfAnotherRate_AreToldApart()
    {
        foreach ((string name, double hertz) in new[] { ("low", 400.0), ("middle", 900), ("high", 2_000) })
        {
            WriteTones(models["support"], name, hertz, 8_000, 2);
            WriteTones(models["query"], name, hertz * 1.02, 44_100, 3);
        }

        string delta = models["tones.adapted"];
        Cli.Result adapted = Cli.Succeed("adapt", Bundle, "--support", models["support"], "--out", delta, "--provider", "cpu");
        Cli.Result predicted = Cli.Succeed("predict", Bundle, "--adapted", delta, models["query"], "--provider", "cpu", "--json");

        Assert.That(adapted.Errors, Is.EqualTo("support: 6 of 6 recordings: 8000 Hz -> 16000 Hz, the loudest 0.18 s\n"));
        Assert.That(predicted.Errors, Is.EqualTo("input: 9 of 9 recordings: 44100 Hz -> 16000 Hz, the loudest 0.18 s\n"));
        JsonElement[] predictions = [.. JsonDocument.Parse(predicted.Output).RootElement.GetProperty("predictions").EnumerateArray()];
        Assert.That(
            predictions.Select(p => p.GetProperty("label").GetString()),
            Is.EqualTo(predictions.Select(p => Path.GetFileName(Path.GetDirectoryName(p.GetProperty("input").GetString()))))
        );
        Assert.That(Cli.Succeed("inspect", Bundle).Output, Does.Contain("recordings, 16 times x 16 mels from 60 to 3800 Hz at 16000 Hz"));
        Assert.That(Cli.Run("eval", Bundle, "--source", models["query"], "--shots", "1", "--episodes", "2").Code, Is.Zero);
    }

    [Test]
    public void Adapt_WhatIsNoRecording_IsRefusedByName()
    {
        string support = models["bad"];
        WriteTones(support, "a", 500, 8_000, 1);
        File.WriteAllText(Path.Combine(support, "a", "1.wav"), "no sound");

        Cli.Result result = Cli.Run("adapt", Bundle, "--support", support, "--out", models["x.adapted"]);
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain($"'{Path.Combine(support, "a", "1.wav")}' is no WAV file of PCM or 32-bit float samples"));

        Cli.Result invert = Cli.Run("adapt", Bundle, "--support", support, "--out", models["x.adapted"], "--invert", "yes");
        Assert.That(invert.Code, Is.EqualTo(2));
        Assert.That(invert.Errors, Does.EndWith("kindling: --invert is for pictures; 'tones' takes recordings.\n"));

        Cli.Result single = Cli.Run("adapt", Bundle, "--support", Path.Combine(support, "a", "0.wav"), "--out", models["x.adapted"]);
        Assert.That(
            single.Errors,
            Does.Contain("the model takes recordings, so its examples are a folder with one folder of recordings a class.")
        );
    }

    private static void WriteTones(string folder, string name, double hertz, int rate, int count)
    {
        Directory.CreateDirectory(Path.Combine(folder, name));
        for (int i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, name, $"{i}.wav"), WavFile.Tone(hertz * (1 + (0.01 * i)), 0.2 + (0.1 * i), 0.4, rate));
        }
    }
}
