using System.Text.Json;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Cli.Tests;

/// <summary><c>kindling import</c>: from a model of another tool to a bundle that adapts, and what is refused.</summary>
public sealed class ImportTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void CreateFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => folder.Dispose();

    [Test]
    public void Import_Classifier_ReportsWhatAdaptsAndPassesTheGradient()
    {
        JsonElement json = Cli.Json("import", Model(), "--trainable", "fc2.*", "--out", folder["mine"]);

        JsonElement report = json.GetProperty("report");
        Assert.That(json.GetProperty("recipe").GetString(), Is.EqualTo(Path.Combine(folder["mine"], "recipe.json")));
        Assert.That(
            report.GetProperty("trainable").EnumerateArray().Select(t => t.GetProperty("name").GetString()),
            Is.EqualTo(new[] { "fc2.weight", "fc2.bias" })
        );
        Assert.That(
            report.GetProperty("trainable").EnumerateArray().Select(t => t.GetProperty("largestGradient").GetDouble()),
            Has.All.GreaterThan(0)
        );
        Assert.That(report.GetProperty("trainableCount").GetInt64(), Is.EqualTo(18));
        Assert.That(report.GetProperty("frozenCount").GetInt64(), Is.EqualTo(25));
        Assert.That(
            report.GetProperty("gradientNodes").EnumerateArray().Select(n => n.GetString()),
            Is.EqualTo(new[] { "Gemm 'fc2'", "Softmax 'softmax'" })
        );
        Assert.That(report.GetProperty("parity").GetProperty("largestDifference").GetDouble(), Is.LessThan(1e-5));
        Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
        Assert.That(
            report.GetProperty("changes").EnumerateArray().Select(c => c.GetString()),
            Is.EqualTo(new[] { "batches of one became batches of any size" })
        );
    }

    // Without meta-training: the bundle starts from the model's own weights, and adaptation moves the chosen ones only.
    [Test]
    public void Import_TrainExport_AdaptsFromTheModelsOwnWeights()
    {
        string model = Model();
        Cli.Succeed("import", model, "--trainable", "fc2.*", "--out", folder["mine"]);
        Cli.Succeed("train", folder["mine"]);
        Cli.Succeed("export", folder["mine"]);
        string bundle = Path.Combine(folder["mine"], "build");
        File.WriteAllText(folder["support.csv"], "label,x0,x1,x2,x3\na,1,0,0,0\nb,0,1,0,0\nc,0,0,1,0\na,2,0,0,0\nb,0,2,0,0\nc,0,0,2,0\n");

        JsonElement adapted = Cli.Json("adapt", bundle, "--support", folder["support.csv"], "--out", folder["mine.adapted"]);

        Assert.That(adapted.GetProperty("lossAfter").GetDouble(), Is.LessThan(adapted.GetProperty("lossBefore").GetDouble()));
        JsonElement scores = Cli.Json("predict", bundle, Query()).GetProperty("predictions")[0].GetProperty("scores");
        using Microsoft.ML.OnnxRuntime.InferenceSession session = new(model);
        using var results = session.Run([
            Microsoft.ML.OnnxRuntime.NamedOnnxValue.CreateFromTensor(
                "input",
                new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<float>(new[] { 0.3f, -1, 0.5f, 2 }, [1, 4])
            ),
        ]);
        Assert.That(
            scores.EnumerateObject().Select(s => s.Value.GetDouble()),
            Is.EqualTo(results.Single().AsEnumerable<float>().Select(p => (double)p)).Within(1e-5),
            "before adaptation the bundle is the model"
        );
        Assert.That(Cli.Run("eval", bundle, "--episodes", "2", "--steps", "2").Code, Is.Zero);
        Assert.That(
            Cli.Run("export", folder["mine"], "--checkpoint", bundle, "--out", folder["again"]).Code,
            Is.Zero,
            "a bundle holds all that it is written from"
        );
    }

    [Test]
    public void Import_WaysWithALossOfNumbers_IsRefused()
    {
        Cli.Result result = Cli.Run("import", Model(), "--trainable", "fc2.*", "--out", folder["mine"], "--ways", "3", "--loss", "l1");
        Assert.That(
            (result.Code, result.Errors),
            Is.EqualTo((2, "kindling: --loss l1 is for numbers, --ways makes classes: take cross-entropy or mse.\n"))
        );
    }

    [Test]
    public void Import_WaysAndData_IsRefused()
    {
        File.WriteAllText(folder["points.csv"], "a,b,label\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{i},1,{i % 4}\n")));
        Cli.Result result = Cli.Run(
            "import",
            Model(),
            "--trainable",
            "fc2.*",
            "--out",
            folder["mine"],
            "--ways",
            "3",
            "--data",
            folder["points.csv"]
        );
        Assert.That(
            (result.Code, result.Errors),
            Is.EqualTo(
                (2, $"kindling: --ways 3: how many classes a task has is chosen by {folder["points.csv"]}; expected --ways or --data.\n")
            )
        );
    }

    [Test]
    public void Import_WithData_MetaTrainsANewHead()
    {
        Random random = new(3);
        File.WriteAllLines(
            folder["data.csv"],
            [
                "label,a,b,c,d",
                .. Enumerable
                    .Range(0, 240)
                    .Select(i =>
                        FormattableString.Invariant(
                            $"class{i % 12},{(i % 12) + random.NextDouble()},{random.NextDouble()},{-(i % 5)},{i % 3}"
                        )
                    ),
            ]
        );
        JsonElement json = Cli.Json("import", Model(), "--trainable", "*", "--data", folder["data.csv"], "--out", folder["mine"]);

        Assert.That(json.GetProperty("choices")[0].GetString(), Is.EqualTo("head: a new linear one on the model's 3 output(s)"));
        Cli.Succeed("train", folder["mine"], "--iterations", "3");
        Cli.Succeed("train", folder["mine"], "--iterations", "4", "--resume");
        Cli.Succeed("export", folder["mine"]);
    }

    // What we export ourselves comes back in.
    [Test]
    public void Import_ModelOfABundle_WithAHeadOfThatName()
    {
        string path = Path.Combine(Root.Path, "models", "har-new-user", "bundle", "model.onnx");

        JsonElement report = Cli.Json("import", path, "--trainable", "head.*", "--head", "linear", "--out", folder["mine"])
            .GetProperty("report");

        Assert.That(
            report.GetProperty("trainable").EnumerateArray().Select(t => t.GetProperty("name").GetString()),
            Is.EquivalentTo(new[] { "head.weight", "head.bias" })
        );
        Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
    }

    [Test]
    public void Import_InputBesideTheExamples_IsFixed()
    {
        string path = Write(b =>
        {
            Value x = b.Input("input", ElementType.Float, new Shape("n", 4));
            Value state = b.Input("state", ElementType.Float, new Shape(1, "n", 4));
            Value weight = b.Constant(Tensor.Of<float>([1, 2, 3, 4], 4, 1), "weight");
            _ = b.Output(b.MatMul(b.Add(x, b.Squeeze(state, 0)), weight), "output");
        });

        Cli.Result missing = Cli.Run("import", path, "--trainable", "weight", "--out", folder["mine"]);
        JsonElement report = Cli.Json("import", path, "--trainable", "weight", "--fix", "state=0.5", "--out", folder["mine"])
            .GetProperty("report");

        Assert.That(
            missing.Errors,
            Does.EndWith(
                " It has 2 inputs (input: Float [n, 4], state: Float [1, n, 4]): give those that are no examples values with --fix INPUT=VALUE.\n"
            )
        );
        Assert.That(
            report.GetProperty("changes").EnumerateArray().Select(c => c.GetString()),
            Is.EqualTo(new[] { "input 'state' is 0.5, as large as the examples are many" })
        );
        Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
    }

    [Test]
    public void Import_WeightsOfHalfPrecision_BecomeFloats()
    {
        string path = Write(b =>
        {
            Value x = b.Input("input", ElementType.Float, new Shape("n", 2));
            Value weight = b.Constant(Tensor.Of<Half>([(Half)0.1, (Half)(-2), (Half)3, (Half)0.7], 2, 2), "weight");
            _ = b.Output(b.MatMul(x, b.Cast(weight, ElementType.Float)), "output");
        });

        JsonElement report = Cli.Json("import", path, "--trainable", "weight", "--out", folder["mine"]).GetProperty("report");

        Assert.That(report.GetProperty("changes")[0].GetString(), Is.EqualTo("1 weights of Float16 became Float"));
        Assert.That(report.GetProperty("parity").GetProperty("allowed").GetDouble(), Is.EqualTo(1e-5));
        Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
    }

    // Tanh and Tinh have names of one length, so the model stays whole.
    [Test]
    public void Import_UnsupportedOperators_AreAllNamed()
    {
        string path = Model(bytes => Replace(Replace(bytes, "Softmax"u8, "Softmux"u8), "Tanh"u8, "Tinh"u8));

        Cli.Result result = Cli.Run("import", path, "--trainable", "*", "--out", folder["mine"]);

        Assert.That(
            result.Output,
            Is.EqualTo(
                $"{path}: 2 node(s) are not supported:\n  Node 1 'tanh' (Tinh): operator ai.onnx.Tinh\n  Node 3 'softmax' (Softmux): operator ai.onnx.Softmux\n"
            )
        );
        Assert.That(result.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(Directory.Exists(folder["mine"]), Is.False);
    }

    [Test]
    public void Import_CorruptFile_IsRefusedWithThePlace()
    {
        string path = Model(bytes => bytes[..(bytes.Length / 2)]);

        Refuses(
            path,
            $"Model '{path}': not a readable ONNX model, damaged at byte 0 of {new FileInfo(path).Length}: While parsing a protocol message, the input ended unexpectedly"
        );
    }

    [Test]
    public void Import_ExternalDataOutsideTheFolder_IsRefused()
    {
        // a model whose only initialiser "w" [1] lies in "../w.bin": ir_version, graph { node Identity w -> y, name, initializer, output }, opset_import
        byte[] entry = Message(13, [.. Text(1, "location"), .. Text(2, "../w.bin")]);
        byte[] tensor = [0x08, 1, 0x10, 1, .. Text(8, "w"), .. entry, 0x70, 1];
        byte[] node = [.. Text(1, "w"), .. Text(2, "y"), .. Text(4, "Identity")];
        byte[] type = Message(2, Message(1, [0x08, 1, .. Message(2, Message(1, [0x08, 1]))]));
        byte[] graph = [.. Message(1, node), .. Text(2, "g"), .. Message(5, tensor), .. Message(12, [.. Text(1, "y"), .. type])];
        string path = folder["model.onnx"];
        File.WriteAllBytes(path, [0x08, 8, .. Message(7, graph), .. Message(8, [0x10, 17])]);

        Refuses(
            path,
            $"Model '{path}': Initialiser 'w': its external data '../w.bin' is refused: expected a relative path inside the model's folder, with / and without . and .. parts.\n"
        );
    }

    // An exporter's training graph: scores, and a loss that depends on the labels.
    [Test]
    public void Import_LabelInput_IsLeftOutAndTheOutputMustNotDependOnIt()
    {
        string path = Write(b =>
        {
            Value x = b.Input("input", ElementType.Float, new Shape("n", 4));
            Value labels = b.Input("labels", ElementType.Float, new Shape("n", 3));
            Value weight = b.Constant(Tensor.Of<float>([.. Enumerable.Range(0, 12).Select(i => i / 10f)], 4, 3), "weight");
            Value scores = b.Output(b.MatMul(x, weight), "scores");
            _ = b.Output(b.Sub(scores, labels), "error");
        });

        JsonElement report = Cli.Json("import", path, "--trainable", "weight", "--label-input", "labels", "--out", folder["mine"])
            .GetProperty("report");

        Assert.That(report.GetProperty("passed").GetBoolean(), Is.True);
        Graph network = OnnxReader.Read(File.ReadAllBytes(Path.Combine(folder["mine"], "network.onnx")));
        Assert.That(network.Inputs.Select(v => v.Name), Has.None.EqualTo("labels"));
        Cli.Result dependent = Cli.Run(
            "import",
            path,
            "--trainable",
            "weight",
            "--label-input",
            "labels",
            "--output",
            "error",
            "--out",
            folder["other"]
        );
        Assert.That(dependent.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(
            dependent.Errors,
            Does.StartWith(
                $"kindling: Model '{path}': its output 'error' depends on the labels 'labels'; choose one that does not with --output: scores.\n"
            )
        );
        Cli.Result unknown = Cli.Run("import", path, "--trainable", "weight", "--label-input", "label", "--out", folder["other"]);
        Assert.That(unknown.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(
            unknown.Errors,
            Does.StartWith($"kindling: Model '{path}': it has no input 'label' of labels; its inputs are input, labels.\n")
        );
        Assert.That(Directory.Exists(folder["other"]), Is.False);
    }

    // The version of the file format is the first field of a file.
    [TestCase(4)]
    [TestCase(11)]
    public void Import_FormatVersion_IsRead(byte version)
    {
        string path = Model(bytes => [bytes[0], version, .. bytes[2..]]);
        Assert.That(Cli.Json("inspect", path).GetProperty("irVersion").GetInt32(), Is.EqualTo(version));

        JsonElement json = Cli.Json("import", path, "--trainable", "fc2.*", "--out", folder["mine"]);

        Assert.That(json.GetProperty("report").GetProperty("passed").GetBoolean(), Is.True);
    }

    [Test]
    public void Import_IntegersOnly_HasNothingToTrain()
    {
        string path = Write(b =>
        {
            Value x = b.Input("input", ElementType.Int64, new Shape("n", 2));
            _ = b.Output(b.Mul(x, b.Constant(Tensor.Of<long>([3, 4], 2), "weight")), "output");
        });

        Refuses(path, $"Model '{path}': its output output: Int64 [batch, 2] is no float, so nothing of it can be trained.\n");
    }

    [Test]
    public void Import_NoWeightMatches_NamesTheWeights()
    {
        string path = Model();

        Refuses(
            path,
            $"Model '{path}': no weight matches conv*; its weights are fc1.weight [4, 5], fc1.bias [5], fc2.weight [5, 3], fc2.bias [3].\n",
            "conv*"
        );
    }

    [Test]
    public void Import_GradientEndsAtARounding_IsRefused()
    {
        string path = Write(b =>
        {
            Value x = b.Input("input", ElementType.Float, new Shape("n", 2));
            _ = b.Output(b.Op("Round", [b.Mul(x, b.Constant(Tensor.Vector([3f, 4f]), "weight"))]), "output");
        });

        Refuses(
            path,
            $"Model '{path}': no gradient reaches weight: only roundings, comparisons and the like lead from there to 'output'.\n"
        );
    }

    [Test]
    public void Import_ExamplesThatDependOnEachOther_AreRefused()
    {
        string path = Write(b =>
        {
            Value x = b.Input("input", ElementType.Float, new Shape("n", 2));
            Value scaled = b.Mul(x, b.Constant(Tensor.Vector([3f, 4f]), "weight"));
            _ = b.Output(b.Sub(scaled, b.ReduceMean(scaled, [0])), "output");
        });

        Cli.Result result = Cli.Run("import", path, "--trainable", "*", "--out", folder["mine"]);

        Assert.That(result.Code, Is.EqualTo(ExitCodes.VerificationFailed));
        Assert.That(result.Output, Does.EndWith("nothing was written: an example alone gives something else than among others\n"));
        Assert.That(Directory.Exists(folder["mine"]), Is.False);
    }

    private static readonly float[] Weights = [.. Enumerable.Range(0, 20).Select(i => MathF.Sin(i))];

    // input [1, 4] -> 5 tanh -> 3 scores -> softmax, as exported for one example
    private string Model(Func<byte[], byte[]>? change = null) =>
        Write(
            b =>
            {
                Value x = b.Input("input", ElementType.Float, new Shape(1, 4));
                Value hidden = Named(b, "Gemm", "fc1", x, Constant(b, "fc1.weight", 4, 5), Constant(b, "fc1.bias", 5));
                Value scores = Named(
                    b,
                    "Gemm",
                    "fc2",
                    Named(b, "Tanh", "tanh", hidden),
                    Constant(b, "fc2.weight", 5, 3),
                    Constant(b, "fc2.bias", 3)
                );
                _ = b.Output(Named(b, "Softmax", "softmax", scores), "probabilities");
            },
            change
        );

    private static Value Constant(GraphBuilder b, string name, params long[] sizes) =>
        b.Constant(Tensor.Of<float>(Weights.AsSpan(0, (int)sizes.Aggregate(1L, (p, s) => p * s)), sizes), name);

    private static Value Named(GraphBuilder b, string op, string name, params Value[] inputs) =>
        b.Ops(op, 1, inputs, Attributes.None, name)[0];

    private string Write(Action<GraphBuilder> build, Func<byte[], byte[]>? change = null)
    {
        GraphBuilder b = new("sample");
        build(b);
        byte[] bytes = OnnxWriter.ToBytes(b.Graph);
        File.WriteAllBytes(folder["model.onnx"], change?.Invoke(bytes) ?? bytes);
        return folder["model.onnx"];
    }

    private string Query()
    {
        File.WriteAllText(folder["query.csv"], "x0,x1,x2,x3\n0.3,-1,0.5,2\n");
        return folder["query.csv"];
    }

    private void Refuses(string path, string message, string trainable = "*")
    {
        Cli.Result result = Cli.Run("import", path, "--trainable", trainable, "--out", folder["mine"]);
        Assert.That(result.Errors, Does.StartWith("kindling: " + message));
        Assert.That(result.Code, Is.EqualTo(ExitCodes.Rejected));
        Assert.That(Directory.Exists(folder["mine"]), Is.False);
    }

    private static byte[] Message(int field, byte[] content) => [(byte)((field << 3) | 2), checked((byte)content.Length), .. content];

    private static byte[] Text(int field, string text) => Message(field, System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Replace(byte[] bytes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> with)
    {
        for (int at = bytes.AsSpan().IndexOf(old); at >= 0; at = bytes.AsSpan().IndexOf(old))
        {
            with.CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }
}
