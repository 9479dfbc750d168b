using System.Text.Json;

namespace Kindling.Cli.Tests;

/// <summary>Every command on a regression from two columns of a CSV file: y = a x.</summary>
public sealed class LinearTests
{
    private readonly Models models = new();

    [OneTimeSetUp]
    public void Train()
    {
        models.TrainLinear();
        models.Write("support.csv", "label,x\n2,1\n4,2\n6,3\n8,4\n10,5\n");
        models.Write("query.csv", "x\n2.5\n4\n");
        Cli.Succeed("adapt", models.LinearBundle, "--support", models["support.csv"], "--out", models["two.adapted"]);
    }

    [OneTimeTearDown]
    public void Remove() => models.Dispose();

    [Test]
    public void Export_Checkpoint_SaysHowTheReplayWent()
    {
        string kindling = models["again.kindling"];

        JsonElement report = Cli.Json("export", models.LinearModel, "--out", kindling);

        Assert.That(report.GetProperty("bundle").GetString(), Is.EqualTo(kindling));
        Assert.That(report.GetProperty("verification").GetProperty("agreeing").GetInt32(), Is.EqualTo(20));
        Assert.That(Cli.Json("verify", kindling).GetProperty("passed").GetBoolean(), Is.True);
    }

    [Test]
    public void Train_Resume_GoesOnFromTheCheckpoint()
    {
        Cli.Succeed("train", models.LinearModel, "--out", models["resumed"], "--iterations", "5");
        Cli.Succeed("train", models.LinearModel, "--out", models["resumed"], "--iterations", "8", "--resume", "--threads", "1");

        Assert.That(Cli.Json("inspect", models["resumed"]).GetProperty("iteration").GetInt32(), Is.EqualTo(8));
    }

    [Test]
    public void Eval_Bundle_GivesAMetricForEveryStep()
    {
        JsonElement report = Cli.Json("eval", models.LinearBundle, "--episodes", "5", "--steps", "2");

        Assert.That(report.GetProperty("metric").GetString(), Is.EqualTo("mse"));
        Assert.That(report.GetProperty("transductive").GetProperty("mean").GetArrayLength(), Is.EqualTo(3));
    }

    [Test]
    public void Adapt_Csv_WritesADeltaAndReportsInTheAgreedFields()
    {
        JsonElement report = Cli.Json(
            "adapt",
            models.LinearBundle,
            "--support",
            models["support.csv"],
            "--out",
            models["json.adapted"],
            "--steps",
            "4"
        );

        Assert.That(
            report.EnumerateObject().Select(p => p.Name),
            Is.EqualTo(
                new[]
                {
                    "accepted",
                    "reason",
                    "steps",
                    "lossBefore",
                    "lossAfter",
                    "milliseconds",
                    "deltaBytes",
                    "takenStep",
                    "findings",
                    "confidenceThreshold",
                }
            )
        );
        Assert.That(report.GetProperty("accepted").GetBoolean(), Is.True);
        Assert.That(report.GetProperty("steps").GetInt32(), Is.EqualTo(4));
        Assert.That(report.GetProperty("lossAfter").GetDouble(), Is.LessThan(report.GetProperty("lossBefore").GetDouble()));
        Assert.That(report.GetProperty("deltaBytes").GetInt64(), Is.EqualTo(new FileInfo(models["json.adapted"]).Length));
    }

    [Test]
    public void Adapt_HoldOutAndKeep_JudgesAndKeepsTheGenerationBefore()
    {
        string[] arguments =
        [
            "adapt",
            models.LinearBundle,
            "--support",
            models["support.csv"],
            "--out",
            models["held.adapted"],
            "--hold-out",
            "0.2",
            "--patience",
            "2",
            "--keep",
            "1",
        ];

        Cli.Result first = Cli.Succeed(arguments);
        JsonElement second = Cli.Json(arguments);

        Assert.That(first.Output, Does.Match("\nThe validation loss went from [0-9.]+ to [0-9.]+ after [0-9]+ of [0-9]+ steps\\.\n$"));
        Assert.That(second.GetProperty("takenStep").GetInt32(), Is.InRange(1, second.GetProperty("steps").GetInt32()));
        Assert.That(Cli.Json("inspect", models["held.adapted"]).GetProperty("generation").GetInt32(), Is.EqualTo(2));
        Assert.That(Cli.Json("inspect", models["held.adapted.1"]).GetProperty("generation").GetInt32(), Is.EqualTo(1));
        Assert.That(Cli.Succeed("inspect", models["held.adapted"]).Output, Does.Contain("\n  saved      2 times\n"));
        Assert.That(Cli.Succeed("inspect", models["held.adapted.1"]).Output, Does.Contain("\n  saved      once\n"));
    }

    [Test]
    public void Adapt_EqualRows_AreNoted()
    {
        models.Write("twice.csv", "label,x\n2,1\n4,2\n2,1\n9,2\n");
        string[] arguments = ["adapt", models.LinearBundle, "--support", models["twice.csv"], "--out", models["twice.adapted"]];

        Cli.Result result = Cli.Run(arguments);
        JsonElement[] findings = [.. Cli.Json(arguments).GetProperty("findings").EnumerateArray()];

        Assert.That(
            result.Errors,
            Does.Contain("note: Examples 0 and 2 are equal.\nnote: Examples 1 (4) and 3 (9) are equal, but their labels are not.\n")
        );
        Assert.That(findings.Select(f => f.GetProperty("kind").GetString()), Is.EqualTo(new[] { "duplicate", "contradiction" }));
        Assert.That(findings[1].GetProperty("examples").EnumerateArray().Select(e => e.GetInt32()), Is.EqualTo(new[] { 1, 3 }));
    }

    [Test]
    public void Predict_Csv_NamesEveryRow()
    {
        JsonElement[] predictions =
        [
            .. Cli.Json("predict", models.LinearBundle, "--adapted", models["two.adapted"], models["query.csv"])
                .GetProperty("predictions")
                .EnumerateArray(),
        ];

        Assert.That(
            predictions.Select(p => p.GetProperty("input").GetString()),
            Is.EqualTo(new[] { models["query.csv"] + ":1", models["query.csv"] + ":2" })
        );
        Assert.That(predictions[0].EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "input", "values" }));
        Assert.That(predictions[0].GetProperty("values")[0].GetDouble(), Is.EqualTo(5).Within(0.7));
        Assert.That(predictions[1].GetProperty("values")[0].GetDouble(), Is.EqualTo(8).Within(0.7));
    }

    [Test]
    public void Predict_WithoutJson_WritesALineARow()
    {
        string output = Cli.Succeed("predict", models.LinearBundle, "--adapted", models["two.adapted"], models["query.csv"]).Output;

        Assert.That(output, Does.Match(@"^.*query\.csv:1\t[45]\.\d{4}\n.*query\.csv:2\t[78]\.\d{4}\n$"));
    }

    [Test]
    public void Bake_Delta_WritesAModelThatInspectReads()
    {
        Cli.Succeed("bake", models.LinearBundle, "--adapted", models["two.adapted"], "--out", models["two.onnx"]);

        JsonElement model = Cli.Json("inspect", models["two.onnx"]);

        Assert.That(model.GetProperty("kind").GetString(), Is.EqualTo("onnx"));
        Assert.That(model.GetProperty("opSets").GetProperty("ai.onnx").GetInt32(), Is.EqualTo(17));
        Assert.That(model.GetProperty("inputs")[0].GetProperty("shape").ToString(), Does.Contain("batch").And.Contain("1"));
        Assert.That(model.GetProperty("operators").GetProperty("Gemm").GetInt32(), Is.EqualTo(1));
        Assert.That(model.GetProperty("unsupported").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void Inspect_EveryKind_SaysWhichItIs()
    {
        Assert.That(
            Cli.Succeed("inspect", models.LinearBundle).Output,
            Does.StartWith($"{models.LinearBundle}: bundle 'line', format 1, all files as the manifest says\n")
        );
        Assert.That(
            Cli.Succeed("inspect", models["two.adapted"]).Output,
            Does.StartWith($"{models["two.adapted"]}: delta of 'line', 2 numbers in 2 tensors\n")
        );
        string checkpoint = Path.Combine(models.LinearModel, "checkpoint");
        Assert.That(
            Cli.Succeed("inspect", checkpoint).Output,
            Does.StartWith($"{checkpoint}: checkpoint of 'line', 4 numbers in 4 tensors\n")
        );
        string theta = Path.Combine(checkpoint, "theta.safetensors");
        Assert.That(Cli.Succeed("inspect", theta).Output, Does.StartWith($"{theta}: checkpoint file of 'line', 4 numbers in 4 tensors\n"));
        theta = Path.Combine(models.LinearBundle, "theta.safetensors");
        Assert.That(Cli.Succeed("inspect", theta).Output, Does.StartWith($"{theta}: safetensors file, 4 numbers in 4 tensors\n"));
    }

    [Test]
    public void Inspect_Bundle_HasFieldsForMachines()
    {
        JsonElement bundle = Cli.Json("inspect", models.LinearBundle);

        Assert.That(bundle.GetProperty("kind").GetString(), Is.EqualTo("bundle"));
        Assert.That(bundle.GetProperty("parameterCount").GetInt32(), Is.EqualTo(2));
        Assert.That(bundle.GetProperty("innerRule").GetProperty("optimizer").GetString(), Is.EqualTo("sgd"));
        Assert.That(
            bundle.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()),
            Does.Contain("adapt.onnx")
        );
    }

    [Test]
    public void Run_DamagedBundle_NamesFileAndHashes()
    {
        string damaged = models["damaged"];
        Directory.CreateDirectory(damaged);
        foreach (string file in Directory.EnumerateFiles(models.LinearBundle))
        {
            File.Copy(file, Path.Combine(damaged, Path.GetFileName(file)));
        }

        string adapt = Path.Combine(damaged, "adapt.onnx");
        byte[] bytes = File.ReadAllBytes(adapt);
        string good = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        bytes[^1] ^= 1;
        File.WriteAllBytes(adapt, bytes);
        string bad = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        string message = $"kindling: {adapt}: the file is damaged or changed: expected SHA-256 {good}, got {bad}.\n";

        Cli.Result inspected = Cli.Run("inspect", damaged);
        Cli.Result predicted = Cli.Run("predict", damaged, models["query.csv"], "--provider", "cpu");

        Assert.That(inspected, Is.EqualTo(new Cli.Result(2, "", message)));
        Assert.That(predicted, Is.EqualTo(new Cli.Result(2, "", message)));
    }

    [Test]
    public void Adapt_WrongColumns_NamesThem()
    {
        string csv = models.Write("other.csv", "z,label\n1,2\n");

        Cli.Result result = Cli.Run("adapt", models.LinearBundle, "--support", csv, "--out", models["no.adapted"], "--provider", "cpu");

        Assert.That(result, Is.EqualTo(new Cli.Result(2, "", $"kindling: '{csv}': expected the input columns x; got z.\n")));
        Assert.That(File.Exists(models["no.adapted"]), Is.False);
    }

    [Test]
    public void Adapt_InvertForATable_IsRejected()
    {
        Cli.Result result = Cli.Run(
            "adapt",
            models.LinearBundle,
            "--support",
            models["support.csv"],
            "--out",
            models["no.adapted"],
            "--provider",
            "cpu",
            "--invert",
            "yes"
        );

        Assert.That(result, Is.EqualTo(new Cli.Result(2, "", "kindling: --invert is for pictures; 'line' takes rows of a table.\n")));
    }

    [Test]
    public void Predict_DeltaOfAnotherBundle_IsRejected()
    {
        Cli.Succeed("train", models.LinearModel, "--out", models["other"], "--iterations", "3", "--seed", "2");
        Cli.Succeed("export", models.LinearModel, "--checkpoint", models["other"], "--out", models["other.kindling"]);

        Cli.Result result = Cli.Run(
            "predict",
            models["other.kindling"],
            "--adapted",
            models["two.adapted"],
            models["query.csv"],
            "--provider",
            "cpu"
        );

        Assert.That(
            result.Errors,
            Does.Match(
                $"^kindling: {models["two.adapted"]}: the delta belongs to another bundle: 'line' \\([0-9a-f]{{12}}\\), this is 'line' \\([0-9a-f]{{12}}\\)\\.\n$"
            )
        );
        Assert.That(result.Code, Is.EqualTo(2));
    }
}
