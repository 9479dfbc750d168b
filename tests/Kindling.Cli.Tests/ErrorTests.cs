using Kindling.Export;

namespace Kindling.Cli.Tests;

/// <summary>What goes wrong before or without a trained model: exit codes and whole messages.</summary>
public sealed class ErrorTests
{
    private static IEnumerable<TestCaseData> UsageErrors()
    {
        yield return Usage(
            "kindling: expected a command, got 'trian'; did you mean 'train'?\n`kindling --help` lists what there is.\n",
            "trian"
        );
        yield return Usage(
            "kindling: expected a command, got 'adept'; did you mean 'adapt'?\n`kindling bench --help` lists what there is.\n",
            "bench",
            "adept"
        );
        yield return Usage(
            "kindling: expected a command: adapt, profile, passes, train, start, rollouts, learners, all.\n`kindling bench --help` lists what there is.\n",
            "bench"
        );
        yield return Usage(
            "kindling: train has no option '--iteratoins'; did you mean '--iterations'?\n`kindling train --help` lists what there is.\n",
            "train",
            "models/none",
            "--iteratoins",
            "5"
        );
        yield return Usage(
            "kindling: --resume goes on from the checkpoint and --from starts anew: give one of them.\n`kindling train --help` lists what there is.\n",
            "train",
            "models/none",
            "--resume",
            "--from",
            "bundle"
        );
        yield return Usage(
            "kindling: --precision bfloat16 is for matrix products on a GPU: give --device cuda as well.\n`kindling train --help` lists what there is.\n",
            "train",
            "models/none",
            "--precision",
            "bfloat16"
        );
        yield return Usage(
            "kindling: Option '--support' is required.\nkindling: Option '--out' is required.\n`kindling adapt --help` lists what there is.\n",
            "adapt",
            "bundle"
        );
        yield return Usage(
            "kindling: --steps takes 1 to 1000000, got '0'.\n`kindling adapt --help` lists what there is.\n",
            "adapt",
            "bundle",
            "--support",
            "s",
            "--out",
            "o",
            "--steps",
            "0"
        );
        yield return Usage(
            "kindling: word 2 of the command line is empty; expected a value (a variable of the shell that is not set gives such a word).\n",
            "verify",
            ""
        );
        yield return Usage(
            "kindling: --threads takes 1 to 1024, got '0'.\n`kindling train --help` lists what there is.\n",
            "train",
            "models/none",
            "--threads",
            "0"
        );
        yield return Usage(
            "kindling: --fix mask stands 2 times; expected one value.\n`kindling import --help` lists what there is.\n",
            "import",
            "m.onnx",
            "--trainable",
            "w",
            "--out",
            "o",
            "--fix",
            "mask=1",
            "--fix",
            "mask=2"
        );
        yield return Usage(
            "kindling: --score takes 0 to 1, got '5'.\n`kindling predict --help` lists what there is.\n",
            "predict",
            "bundle",
            "picture.png",
            "--score",
            "5"
        );
        yield return Usage(
            "kindling: --hold-out takes 0 to 0.5, got '0.9'.\nkindling: --keep takes 0 to 1000, got '-1'.\n`kindling adapt --help` lists what there is.\n",
            "adapt",
            "bundle",
            "--support",
            "s",
            "--out",
            "o",
            "--hold-out",
            "0.9",
            "--keep",
            "-1"
        );
        yield return Usage(
            "kindling: --patience needs examples to judge by: give --hold-out.\n`kindling adapt --help` lists what there is.\n",
            "adapt",
            "bundle",
            "--support",
            "s",
            "--out",
            "o",
            "--patience",
            "3"
        );
        yield return Usage(
            "kindling: --one-shot-runs are 20 tasks of 20 ways, one shot and one query: --episodes does not apply.\nkindling: --one-shot-runs are 20 tasks of 20 ways, one shot and one query: --ways does not apply.\n`kindling eval --help` lists what there is.\n",
            "eval",
            "bundle",
            "--one-shot-runs",
            "--ways",
            "5",
            "--episodes",
            "20"
        );
        yield return Usage(
            "kindling: Argument 'tpu' not recognized. Must be one of:\n\t'cpu'\n\t'auto'\n\t'cuda'\n\t'tensorrt'\n\t'directml'\n\t'coreml'\n\t'openvino'\n`kindling predict --help` lists what there is.\n",
            "predict",
            "bundle",
            "x.png",
            "--provider",
            "tpu"
        );
        yield return Usage(
            "kindling: A name has letters, digits, '-', '_' and '.', and begins with a letter or digit; got '../up'.\n`kindling new --help` lists what there is.\n",
            "new",
            "../up",
            "--data",
            "d"
        );
    }

    [TestCaseSource(nameof(UsageErrors))]
    public void Run_WrongCommandLine_SaysWhatWasMeant(string[] arguments, string message)
    {
        Cli.Result result = Cli.Run(arguments);

        Assert.That(result.Errors, Is.EqualTo(message));
        Assert.That(result.Output, Is.Empty);
        Assert.That(result.Code, Is.EqualTo(1));
    }

    [Test]
    public void Run_WithoutCommand_ListsCommands()
    {
        Cli.Result result = Cli.Run();

        Assert.That(
            result.Errors,
            Does.Match(
                "^kindling: expected a command: new, import, train, export, verify, [a-z, ]+\\.\n`kindling --help` lists what there is.\n$"
            )
        );
        Assert.That(result.Code, Is.EqualTo(1));
    }

    [Test]
    public void Run_Help_GoesToStandardOutput()
    {
        Cli.Result result = Cli.Run("adapt", "--help");

        Assert.That(result.Output, Does.Contain("--support").And.Contain("--invert").And.Contain("--provider"));
        Assert.That(result.Errors, Is.Empty);
        Assert.That(result.Code, Is.Zero);
    }

    [Test]
    public void Train_UnknownRecipeKey_NamesTheNearest()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["recipe.json"], """{ "name": "x", "seed": 1, "inner": { "rate": 0.1, "step": 2 } }""");

        Cli.Result result = Cli.Run("train", folder.Path);

        Assert.That(
            result.Errors,
            Does.Match(
                $"^kindling: {folder["recipe.json"]}: unknown member 'inner\\.step'; did you mean 'inner\\.steps'\\? Known are [A-Za-z0-9, ]+\\.\n$"
            )
        );
        Assert.That(result.Code, Is.EqualTo(2));
    }

    private static IEnumerable<TestCaseData> Missing()
    {
        yield return new TestCaseData(new[] { "train", "nowhere" }, "kindling: nowhere: there is no recipe here.\n").SetArgDisplayNames(
            "train"
        );
        yield return new TestCaseData(
            new[] { "export", "nowhere" },
            $"kindling: {Path.Combine("nowhere", "checkpoint", "theta.safetensors")}: there is no checkpoint here; run `kindling train` first.\n"
        ).SetArgDisplayNames("export");
        foreach (
            string[] arguments in (string[][])
                [
                    ["verify", "nowhere"],
                    ["adapt", "nowhere", "--support", "s", "--out", "o"],
                    ["predict", "nowhere", "x"],
                ]
        )
        {
            yield return new TestCaseData(
                arguments,
                "kindling: nowhere: no bundle here; expected a folder with manifest.json or a .kindling file.\n"
            ).SetArgDisplayNames(arguments[0]);
        }

        yield return new TestCaseData(
            new[] { "inspect", "nowhere" },
            "kindling: nowhere: expected a bundle (folder with manifest.json, or .kindling file), a delta (.adapted), a checkpoint folder or one of its "
                + ".safetensors files, or an ONNX file; there is nothing here.\n"
        ).SetArgDisplayNames("inspect");
    }

    [TestCaseSource(nameof(Missing))]
    public void Run_NothingThere_SaysWhatWasExpected(string[] arguments, string message)
    {
        Cli.Result result = Cli.Run(arguments);

        Assert.That(
            result.Errors.Replace(
                "provider: the processor, since CUDA, DirectML, CoreML cannot be used here; asking for one says what it needs.\n",
                ""
            ),
            Is.EqualTo(message)
        );
        Assert.That(result.Output, Is.Empty);
        Assert.That(result.Code, Is.EqualTo(2));
    }

    [Test]
    public void Adapt_CudaOnAProcessorBuild_NamesThePackage()
    {
        Cli.Result result = Cli.Run("adapt", "bundle", "--support", "s", "--out", "o", "--provider", "cuda");
        if (result.Code == 2)
        {
            Assert.Ignore("CUDA works here.");
        }

        Assert.That(
            result.Errors,
            Does.StartWith(
                    "kindling: --provider cuda: CUDA cannot be used: it needs the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, "
                        + "an NVIDIA driver, CUDA 12 and cuDNN 9. The library of this program has "
                )
                .And.EndsWith(". `make build DEVICE=cuda` builds kindling with that package.\n")
        );
        Assert.That(result.Code, Is.EqualTo(4));
    }

    [Test]
    public void Inspect_UnrecognisedFile_NamesWhatItTakes()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["notes.txt"], "Some notes, longer than nine bytes.");

        Cli.Result result = Cli.Run("inspect", folder["notes.txt"]);

        Assert.That(
            result.Errors,
            Is.EqualTo(
                $"kindling: {folder["notes.txt"]}: expected a bundle (folder with manifest.json, or .kindling file), a delta (.adapted), a checkpoint folder "
                    + "or one of its .safetensors files, or an ONNX file; got a file that is none of these.\n"
            )
        );
        Assert.That(result.Code, Is.EqualTo(2));
    }

    [Test]
    public void Doctor_HereWhereTestsRun_FindsBothEnginesWorking()
    {
        System.Text.Json.JsonElement report = Cli.Json("doctor");

        Assert.That(report.GetProperty("ok").GetBoolean(), Is.True);
        Assert.That(report.GetProperty("libtorch").GetProperty("fault").GetString(), Is.Null);
        Assert.That(report.GetProperty("onnxRuntime").GetProperty("version").GetString(), Does.Match(@"^\d+\.\d+\.\d+$"));
        Assert.That(
            report.GetProperty("onnxRuntime").GetProperty("providers").EnumerateArray().Select(p => p.GetString()),
            Does.Contain("CPUExecutionProvider")
        );
        Assert.That(report.GetProperty("cores").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
        Assert.That(
            report.GetProperty("data").GetProperty("sets").GetProperty("omniglot").ValueKind,
            Is.AnyOf(System.Text.Json.JsonValueKind.True, System.Text.Json.JsonValueKind.False)
        );
    }

    [Test]
    public void Export_ReferenceEpisodesThatDoNotAgree_ExitsWithThree()
    {
        VerificationReport report = new(20, 10, 17, 0.9565, 2e-4, 3.2e-2, 1.3e-1, [0, 2, 7]);
        (int code, string message) = ExitCodes.Of(new VerificationException(report));
        Assert.That(code, Is.EqualTo(3));
        Assert.That(
            message,
            Is.EqualTo(
                "The bundle does not give what training did, so it was not written: 17 of 20 reference episodes agree over 10 steps; worst relative error: norms 2.0e-4, values 3.2e-2, losses 1.3e-1; episodes that do not agree: 0, 2, 7, with 95.65 % of all values in agreement"
            )
        );
    }

    private static TestCaseData Usage(string message, params string[] arguments) =>
        new TestCaseData(arguments, message).SetArgDisplayNames(arguments);
}
