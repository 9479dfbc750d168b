using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using FloatTensor = Kindling.Bundles.FloatTensor;

namespace Kindling.TestSupport;

/// <summary>How a test bundle differs from the plain one.</summary>
internal sealed record TestBundleOptions
{
    public string Optimizer { get; init; } = "sgd";

    public int Steps { get; init; } = 3;

    /// <summary>Rates per step.</summary>
    public float[] Rates { get; init; } = [0.1f];

    /// <summary>Rates of the parameters' own shapes instead of scalars; each element a bit larger than the one before.</summary>
    public bool FullRates { get; init; }

    /// <summary>Only the last layer adapts.</summary>
    public bool HeadOnly { get; init; }

    /// <summary>none, batch or support: the classifier subtracts the mean of its inputs over the batch at hand, or the support set's.</summary>
    public string Normalization { get; init; } = "none";

    /// <summary>Examples that one update reads; null: all.</summary>
    public int? Batch { get; init; }

    /// <summary>The jump of the loss at which a learner starts again on a stream; null: none.</summary>
    public double? Jump { get; init; }

    public IReadOnlyList<string>? Labels { get; init; }
}

/// <summary>Tiny bundles whose adapt graphs are written by hand, so that no part of the pipeline is needed and plain C# can follow every step.</summary>
internal static partial class TestBundles
{
    public const int Hidden = 8;
    public const int Slots = 3;

    public static readonly float[] LinearTheta = [0.5f, -0.25f];

    /// <summary>y = x w + b, mean squared error.</summary>
    public static BundleManifest Linear(string path, TestBundleOptions? options = null)
    {
        options ??= new TestBundleOptions { Steps = 1 };
        Dictionary<string, FloatTensor> theta = new()
        {
            ["w"] = new FloatTensor([1, 1], [LinearTheta[0]]),
            ["b"] = new FloatTensor([1], [LinearTheta[1]]),
        };
        return Write(
            path,
            options,
            "linear",
            classification: false,
            [1],
            outputs: 1,
            theta,
            adapted: options.HeadOnly ? ["b"] : ["w", "b"],
            Preprocessing.ForTable(TablePreprocessing.Plain("x")),
            (b, v) => (b.Add(b.MatMul(v.X, v["w"]), v["b"]), b.Identity(v.X)),
            (b, v) =>
            {
                Value difference = b.Sub(b.Add(b.MatMul(v.X, v["w"]), v["b"]), v.Y!);
                Value loss = b.ReduceMean(b.Mul(difference, difference), keepDims: false);
                Value g = b.Div(b.Mul(difference, 2), b.Cast(b.SizeOf(difference), ElementType.Float));
                return (loss, new() { ["w"] = b.MatMul(b.Transpose(v.X, 1, 0), g), ["b"] = b.ReduceSum(g, [0], keepDims: false) });
            }
        );
    }

    /// <summary>Two inputs, eight tanh units, three head slots, cross-entropy.</summary>
    public static BundleManifest Classifier(string path, TestBundleOptions? options = null)
    {
        options ??= new TestBundleOptions();
        Dictionary<string, FloatTensor> theta = ClassifierTheta();
        return Write(
            path,
            options,
            "classifier",
            classification: true,
            [2],
            Slots,
            theta,
            adapted: options.HeadOnly ? ["head.w", "head.b"] : ["body.w", "body.b", "head.w", "head.b"],
            Preprocessing.None,
            (b, v) => Forward(b, v),
            (b, v) =>
            {
                (Value logits, Value hidden) = Forward(b, v);
                Value log = b.LogSoftmax(logits);
                Value hot = b.OneHot(v.Y!, b.Constant(Tensor.Scalar((long)Slots)), b.Constant(Tensor.Vector(0f, 1f)));
                Value loss = b.Neg(b.ReduceMean(b.ReduceSum(b.Mul(log, hot), [1], keepDims: false), keepDims: false));
                Value count = b.Cast(b.SizeOf(v.Y!), ElementType.Float);
                Value g = b.Div(b.Sub(b.Softmax(logits), hot), count);
                Value dHidden = b.MatMul(g, b.Transpose(v["head.w"], 1, 0));
                Value dPre = b.Mul(dHidden, b.Sub(b.Scalar(1), b.Mul(hidden, hidden)));
                return (
                    loss,
                    new()
                    {
                        ["body.w"] = b.MatMul(b.Transpose(v.Centred!, 1, 0), dPre),
                        ["body.b"] = b.ReduceSum(dPre, [0], keepDims: false),
                        ["head.w"] = b.MatMul(b.Transpose(hidden, 1, 0), g),
                        ["head.b"] = b.ReduceSum(g, [0], keepDims: false),
                    }
                );
            }
        );
    }

    public static Dictionary<string, FloatTensor> ClassifierTheta()
    {
        // Fixed numbers without a pattern: fractional parts of multiples of the golden ratio.
        static float[] Numbers(int count, double seed, float scale) =>
            [.. Enumerable.Range(1, count).Select(i => (float)((((i + seed) * 0.6180339887498949) % 1) - 0.5) * scale)];
        return new Dictionary<string, FloatTensor>
        {
            ["body.w"] = new([2, Hidden], Numbers(2 * Hidden, 0.1, 2f)),
            ["body.b"] = new([Hidden], Numbers(Hidden, 0.2, 0.5f)),
            ["head.w"] = new([Hidden, Slots], Numbers(Hidden * Slots, 0.3, 1f)),
            ["head.b"] = new([Slots], Numbers(Slots, 0.4, 0.1f)),
        };
    }

    private static BundleManifest Write(
        string path,
        TestBundleOptions options,
        string name,
        bool classification,
        int[] inputShape,
        int outputs,
        Dictionary<string, FloatTensor> theta,
        string[] adapted,
        Preprocessing preprocessing,
        Func<GraphBuilder, Values, (Value Output, Value Features)> forward,
        Func<GraphBuilder, Values, (Value Loss, Dictionary<string, Value> Gradients)> backward
    )
    {
        bool support = options.Normalization == "support";
        Dictionary<string, FloatTensor> tensors = new(theta);
        foreach (string parameter in adapted)
        {
            tensors[$"{parameter}.rate"] = Rates(options, theta[parameter]);
        }

        if (support)
        {
            tensors["mean"] = FloatTensor.Zeros(inputShape);
        }

        byte[] infer = OnnxWriter.ToBytes(Infer(options, classification, inputShape, outputs, theta, forward));
        byte[] adapt = OnnxWriter.ToBytes(Adapt(options, classification, inputShape, outputs, theta, adapted, backward));
        (byte[] model, IReadOnlyDictionary<string, (long Offset, long Length)> places) = OnnxWriter.ToBytesWithOffsets(
            Model(options, classification, inputShape, outputs, tensors, theta.Keys, forward)
        );
        BundleManifest manifest = new()
        {
            FormatVersion = 1,
            Name = name,
            Description = "A test bundle.",
            Task = classification ? BundleManifest.Classification : BundleManifest.Regression,
            Input = new ManifestInput { Shape = [null, .. inputShape.Select(size => (int?)size)] },
            Output = new ManifestOutput { Count = outputs, Names = options.Labels },
            Preprocessing = preprocessing,
            Normalization = options.Normalization,
            Parameters =
            [
                .. theta.Select(tensor => new ManifestParameter
                {
                    Name = tensor.Key,
                    Shape = tensor.Value.Shape,
                    Adapts = adapted.Contains(tensor.Key),
                }),
            ],
            Statistics = support ? [new ManifestStatistic { Name = "mean", Shape = inputShape }] : [],
            InnerRule = new ManifestInnerRule
            {
                Optimizer = options.Optimizer,
                Steps = options.Steps,
                Batch = options.Batch,
                Stream = options.Jump is { } jump ? new ManifestStream { Jump = jump } : null,
            },
            Graphs = new ManifestGraphs
            {
                Infer = new ManifestGraph
                {
                    File = "infer.onnx",
                    Inputs = [],
                    Outputs = [],
                },
                Adapt = new ManifestGraph
                {
                    File = "adapt.onnx",
                    Inputs = [],
                    Outputs = [],
                },
            },
            Bake = new ManifestBake
            {
                File = "model.onnx",
                Tensors = places
                    .Where(place => theta.ContainsKey(place.Key) || place.Key is "mask" or "mean")
                    .ToDictionary(
                        place => place.Key,
                        place => new ManifestBytes { Offset = place.Value.Offset, Bytes = place.Value.Length }
                    ),
            },
            Opset = 17,
            IrVersion = 8,
        };
        GraphSignature signature = GraphSignature.Of(manifest);
        manifest = manifest with
        {
            Graphs = new ManifestGraphs
            {
                Infer = new ManifestGraph
                {
                    File = "infer.onnx",
                    Inputs = signature.InferInputs,
                    Outputs = signature.InferOutputs,
                },
                Adapt = new ManifestGraph
                {
                    File = "adapt.onnx",
                    Inputs = signature.AdaptInputs,
                    Outputs = signature.AdaptOutputs,
                },
            },
        };
        using BundleWriter writer = new(path);
        writer.Add("infer.onnx", infer);
        writer.Add("adapt.onnx", adapt);
        writer.Add("model.onnx", model);
        writer.AddTensors("theta.safetensors", tensors);
        return writer.Complete(manifest);
    }

    private static FloatTensor Rates(TestBundleOptions options, FloatTensor parameter)
    {
        if (!options.FullRates)
        {
            return new FloatTensor([options.Rates.Length], options.Rates);
        }

        float[] all = [.. options.Rates.SelectMany(rate => Enumerable.Range(0, parameter.Count).Select(i => rate * (1 + (0.1f * i))))];
        return new FloatTensor([options.Rates.Length, .. parameter.Shape], all);
    }
}
