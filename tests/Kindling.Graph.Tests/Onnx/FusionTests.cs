using Google.Protobuf;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;
using static Kindling.TestSupport.ModelText;

namespace Kindling.Graphs.Tests.Onnx;

/// <summary>Operators of com.microsoft, taken apart: what is written gives what ONNX Runtime makes of the original.</summary>
public sealed class FusionTests
{
    private const string Bert = "x: f[n,5,8]; w: f[8,24]; b: f[24]";
    private const string Apart = "q: f[n,5,8]; k: f[n,5,8]; v: f[n,5,8]";

    private static IEnumerable<TestCaseData> Rows()
    {
        yield return Row("Gelu", "x: f[2,n]");
        yield return Row("BiasGelu", "x: f[2,n,4]; b: f[4]");
        yield return Row("FastGelu", "x: f[2,n,4]");
        yield return Row("FastGelu", "x: f[2,n,4]; b: f[4]");
        yield return Row("QuickGelu", "x: f[2,n]");
        yield return Row("QuickGelu", "x: f[2,n]", ("alpha", 1.3f));
        yield return Row("SkipLayerNormalization", "x: f[n,5,4]; s: f[n,5,4]; g: f[4]; b: f[4]; c: f[4]", ("epsilon", 0.01f));
        yield return Row("SkipLayerNormalization", "x: f[n,5,4]; s: f[n,5,4]; g: f[4]", "y,,,sum");
        yield return Row("SkipSimplifiedLayerNormalization", "x: f[n,5,4]; s: f[n,5,4]; g: f[4]; b: f[4]", "y,,,sum", ("epsilon", 0.01f));
        yield return Row("FusedMatMul", "x: f[2,n,4]; m: f[2,4,3]", ("alpha", 0.5f));
        yield return Row("FusedMatMul", "x: f[2,4,n]; m: f[2,3,4]", ("transA", 1), ("transB", 1));
        yield return Row(
            "FusedGemm",
            "x: f[4,n]; m: f[4,3]; z: f[3]",
            ("transA", 1),
            ("alpha", 0.5f),
            ("beta", 0.3f),
            ("activation", "LeakyRelu"),
            ("activation_alpha", 0.2f)
        );
        yield return Row("FusedGemm", "x: f[n,4]; m: f[4,3]; z: f[3]", ("activation", "Relu"));
        foreach (
            (string name, float[] numbers) in new[]
            {
                ("Relu", System.Array.Empty<float>()),
                ("Tanh", []),
                ("LeakyRelu", [0.3f]),
                ("Clip", [-0.2f, 0.4f]),
            }
        )
        {
            yield return Row(
                "FusedConv",
                "x: f[n,2,6,6]; w: f[4,1,3,3]; b: f[4]",
                [
                    ("group", 2),
                    ("pads", new[] { 1L, 1, 1, 1 }),
                    ("activation", name),
                    .. numbers.Length > 0 ? new (string, object)[] { ("activation_params", numbers) } : [],
                ]
            );
        }

        yield return Row("FusedConv", "x: f[n,2,6,6]; w: f[4,2,3,3]; b: f[4]; z: f[n,4,4,4]", ("activation", "Relu"));
        foreach (int interleaved in new[] { 0, 1 })
        {
            yield return Row("RotaryEmbedding", "x: f[n,5,8]; ids: i[n,5]; cos: f[6,2]; sin: f[6,2]", ("interleaved", interleaved));
            yield return Row("RotaryEmbedding", "x: f[n,2,5,4]; from: i[1]; cos: f[6,2]; sin: f[6,2]", ("interleaved", interleaved));
            yield return Row(
                "RotaryEmbedding",
                "x: f[n,5,12]; from: i[1]; cos: f[6,2]; sin: f[6,2]",
                ("interleaved", interleaved),
                ("num_heads", 2),
                ("rotary_embedding_dim", 4)
            );
        }

        (string, object) heads = ("num_heads", 2);
        yield return Row("Attention", Bert, heads);
        yield return Row("Attention", Bert, heads, ("scale", 0.3f), ("unidirectional", 1));
        yield return Row("Attention", "x: f[n,5,8]; w: f[8,20]; b: f[20]", heads, ("qkv_hidden_sizes", new[] { 8L, 8, 4 }));
        foreach (string mask in new[] { "lengths: i32[n]", "keys: i32[n,5]", "all: i32[n,5,5]" })
        {
            yield return Row("Attention", $"{Bert}; {mask}", heads);
            yield return Row("Attention", $"{Bert}; {mask}", heads, ("mask_filter_value", -3f), ("unidirectional", 1));
        }

        yield return Row("Attention", $"{Bert}; -; -; bias: f[1,2,5,5]", heads);
        yield return Row("Attention", $"{Bert}; keys: i32[n,8]; past: f[2,n,2,3,4]", "y,present", heads, ("unidirectional", 1));
        yield return Row("MultiHeadAttention", Apart, heads);
        yield return Row("MultiHeadAttention", "q: f[n,3,8]; k: f[n,5,8]; v: f[n,5,4]; b: f[20]", heads, ("scale", 0.4f));
        yield return Row("MultiHeadAttention", $"{Apart}; b: f[24]; keys: i32[n,5]", heads);
        yield return Row("MultiHeadAttention", $"{Apart}; -; -; bias: f[1,2,5,5]", heads, ("unidirectional", 1));
        yield return Row("MultiHeadAttention", "q: f[n,3,8]; k: f[n,2,5,4]; v: f[n,2,5,4]", heads);
        yield return Row(
            "MultiHeadAttention",
            $"{Apart}; -; -; -; pk: f[n,2,3,4]; pv: f[n,2,3,4]",
            "y,keys,values",
            heads,
            ("unidirectional", 1)
        );
    }

    private static TestCaseData Row(string op, string inputs, params (string, object)[] attributes) => Row(op, inputs, "y", attributes);

    private static TestCaseData Row(string op, string inputs, string outputs, params (string, object)[] attributes) =>
        new TestCaseData(op, inputs, outputs, attributes).SetArgDisplayNames(
            op,
            inputs.Replace(':', ' '),
            string.Join(' ', attributes.Select(a => a.Item1))
        );

    [TestCaseSource(nameof(Rows))]
    public void Read_Fusion_ComputesWhatOnnxRuntimeDoes(string op, string inputs, string outputs, (string, object)[] attributes) =>
        ModelParity.Check(
            Fused(op, inputs, outputs, attributes),
            ("ids", Tensor.Of<long>([0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 5, 4, 3, 2, 0], 3, 5)),
            ("from", Tensor.Vector(1L)),
            ("lengths", Tensor.Of<int>([5, 2, 3], 3)),
            ("keys", inputs.Contains("[n,8]", StringComparison.Ordinal) ? Some(3, 8) : Some(3, 5)),
            ("all", Some(3, 5, 5))
        );

    // Ends, then starts of 3 sequences; the batch is known, since n can not be told from 2 n.
    [Test]
    public void Read_AttentionOverRanges_ComputesWhatOnnxRuntimeDoes() =>
        ModelParity.Check(
            Fused("Attention", "x: f[3,5,8]; w: f[8,24]; b: f[24]; ranges: i32[6]", "y", ("num_heads", 2)),
            ("ranges", Tensor.Of<int>([5, 4, 3, 0, 2, 1], 6))
        );

    [TestCase("words: i32[n,5]; segments: i32[n,5]", "mask: i32[n,5]", "y,lengths,sum")]
    [TestCase("words: i32[n,5]; -", "-", "y,lengths")]
    [TestCase("words: i32[n,5]; segments: i32[n,5]", "-; places: i32[n,5]", "y,lengths")]
    public void Read_EmbedLayerNormalization_ComputesWhatOnnxRuntimeDoes(string words, string rest, string outputs)
    {
        string segment = words.EndsWith('-') ? "-" : "s: f[2,4]";
        ModelParity.Check(
            Fused(
                "EmbedLayerNormalization",
                $"{words}; w: f[5,4]; p: f[6,4]; {segment}; g: f[4]; b: f[4]; {rest}",
                outputs,
                ("epsilon", 0.01f)
            ),
            ("words", Tensor.Of<int>([0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 0, 0, 1, 1, 2], 3, 5)),
            ("segments", Tensor.Of<int>([0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1], 3, 5)),
            ("mask", Tensor.Of<int>([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0], 3, 5)),
            ("places", Tensor.Of<int>([5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 1, 1, 2, 2, 3], 3, 5))
        );
    }

    // Packed forms, for which ONNX Runtime has no kernel on every device, are the form apart of their parts.
    [TestCase("qkv: f[n,5,2,3,4]", "qkv", 3)]
    [TestCase("q: f[n,5,8]; kv: f[n,5,2,2,4]", "kv", 2)]
    public void Read_PackedAttention_IsThatOfItsParts(string inputs, string packed, int count)
    {
        ModelProto model = Fused("MultiHeadAttention", inputs, "y", ("num_heads", 2));
        string[] parts = [.. Enumerable.Range(0, count).Select(i => $"part{i}")];
        List<NodeProto> nodes = [Node("Split", packed, string.Join(',', parts), ("axis", 3))];
        nodes.AddRange(parts.Select(p => Node("Reshape", $"{p},shape", $"{p}r")));
        nodes.Add(
            Node(
                "com.microsoft:MultiHeadAttention",
                string.Join(',', [.. count == 2 ? new[] { "q" } : [], .. parts.Select(p => $"{p}r")]),
                "y",
                ("num_heads", 2)
            )
        );
        ModelParity.Check(Model(Graph(inputs, "y", [.. nodes]).With(("shape", Tensor.Vector(0L, 0L, 8L)))), model);
    }

    // They lie in the standard domain, before op set 17, too.
    [TestCase("SimplifiedLayerNormalization", "x: f[n,5,4]; g: f[4]", 13)]
    [TestCase("SimplifiedLayerNormalization", "x: f[n,5,4]; g: f[5,4]", 17)]
    [TestCase("LayerNormalization", "x: f[n,5,4]; g: f[4]; b: f[4]", 13)]
    public void Read_Normalization_ComputesWhatOnnxRuntimeDoes(string op, string inputs, int opset)
    {
        ModelProto model = Fused(
            op,
            inputs,
            "y",
            ("axis", inputs.Contains("[5,4]", StringComparison.Ordinal) ? -2 : -1),
            ("epsilon", 0.02f)
        );
        model.Graph.Node[0].Domain = "";
        model.OpsetImport[0].Version = opset;
        ModelParity.Check(model);
    }

    [Test]
    public void Read_FormsThatAreNotSupported_AreRefusedWithTheirReason()
    {
        Refused("Attention", Bert, "num_heads must be positive, got 0.");
        Refused("Attention", Bert, "8 can not be split into 3 heads.", ("num_heads", 3));
        Refused(
            "Attention",
            $"{Bert}; mask: i32[n,1,9,9]",
            "a mask [n, 1, 9, 9] is not supported for n sequences; supported are [N], [2 N], [N, L] and [N, S, L].",
            ("num_heads", 2)
        );
        Refused("Attention", Bert, "do_rotary and past_present_share_buffer are not supported.", ("num_heads", 2), ("do_rotary", 1));
        Refused("MultiHeadAttention", "q: f[n,5,8]", "expected key and value, or a packed query.", ("num_heads", 2));
        Refused("FusedMatMul", "x: f[2,3]; m: f[3,2]", "transBatchA and transBatchB are not supported.", ("transBatchA", 1));
        Refused("SkipLayerNormalization", "x: f[n,5,4]; s: f[n,5,4]; g: f[4]", "output 'mean' is not supported.", "y,mean");
        Refused(
            "FusedGemm",
            "x: f[2,3]; m: f[3,2]",
            "activation 'Softmax' with 2 numbers is not supported; supported are Clip, Elu, HardSigmoid, LeakyRelu, Relu, Sigmoid, Tanh.",
            ("activation", "Softmax")
        );
        Refused("Fantasy", "x: f[2]", "Node 0 without a name (Fantasy): operator com.microsoft.Fantasy. Supported are");
    }

    private static void Refused(string op, string inputs, string reason, params (string, object)[] attributes) =>
        Refused(op, inputs, reason, "y", attributes);

    private static void Refused(string op, string inputs, string reason, string outputs, params (string, object)[] attributes) =>
        Assert.That(
            () => OnnxReader.Read(Fused(op, inputs, outputs, attributes).ToByteArray()),
            Throws.TypeOf<GraphException>().With.Message.Contains(reason).And.Message.StartsWith("Model 'model': ")
        );

    private static ModelProto Fused(string op, string inputs, string outputs, params (string, object)[] attributes)
    {
        string[] all = inputs.Split(';', StringSplitOptions.TrimEntries);
        return Model(
            Graph(
                string.Join(';', all.Where(i => i != "-")),
                string.Join(';', outputs.Split(',').Where(o => o.Length > 0)),
                Node($"com.microsoft:{op}", string.Join(',', all.Select(i => i == "-" ? "" : i.Split(':')[0])), outputs, attributes)
            )
        );
    }

    // 1 but for every third
    private static Tensor Some(params long[] sizes) =>
        Tensor.Of<int>([.. Enumerable.Range(0, (int)sizes.Aggregate(1L, (a, b) => a * b)).Select(i => i % 3 == 1 ? 0 : 1)], sizes);
}
