using Kindling.Bundles;
using Kindling.Export.Training;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Export.Tests;

public sealed class TrainingArtifactsTests
{
    private static readonly FloatTensor Weight = new([2, 3], [1, 2, 3, 4, 5, 6]);
    private static readonly FloatTensor Bias = new([3], [0.5f, -0.5f, float.Epsilon]);

    [Test]
    public void Checkpoint_WrittenAndRead_ComesBack()
    {
        byte[] bytes = TrainingCheckpoint.Write([("head.weight", Weight), ("head.bias", Bias)], [("mean", Bias)], nominal: false);

        (IReadOnlyDictionary<string, FloatTensor> trainable, IReadOnlyDictionary<string, FloatTensor> frozen) = TrainingCheckpoint.Read(
            bytes
        );

        Assert.That(bytes[4..8], Is.EqualTo("ODTC"u8.ToArray()));
        Assert.That(trainable.Keys, Is.EqualTo(new[] { "head.weight", "head.bias" }));
        Assert.That(trainable["head.weight"].Shape, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(trainable["head.weight"].Values, Is.EqualTo(Weight.Values));
        Assert.That(frozen["mean"].Values, Is.EqualTo(Bias.Values));
    }

    [Test]
    public void Checkpoint_Nominal_HasNamesOnly()
    {
        byte[] bytes = TrainingCheckpoint.Write([("head.weight", Weight)], [], nominal: true);
        byte[] full = TrainingCheckpoint.Write([("head.weight", Weight)], [], nominal: false);

        Assert.That(bytes, Has.Length.LessThan(full.Length));
        Assert.That(bytes.AsSpan().IndexOf("head.weight"u8), Is.Positive);
    }

    [TestCase("sgd", 0, null)]
    [TestCase("adam", 0, null)]
    [TestCase("adamw", 0.1, null)]
    [TestCase("momentum", 0, "ONNX Runtime Training has no SGD with momentum.")]
    [TestCase("adam", 0.1, "ONNX Runtime Training has weight decay with AdamW only.")]
    public void Rates_OfARule_AreItsOwnOrSayWhatIsMissing(string optimizer, double decay, string? fault)
    {
        InnerSpec inner = new()
        {
            Optimizer = optimizer,
            WeightDecay = decay,
            Rate = 0.1,
        };
        SessionRates? rates = SessionRates.Of(
            inner,
            [new FloatTensor([2], [0.1f, 0.2f]), new FloatTensor([2], [0.1f, 0.2f])],
            out string? found
        );
        Assert.That(found, Is.EqualTo(fault));
        Assert.That(rates?.Session, Is.EqualTo(fault is null ? new[] { 0.1f, 0.2f } : null));
        Assert.That(rates?.Factors, Is.EqualTo(fault is null ? new[] { 1f, 1f } : null));
    }

    [Test]
    public void Rates_OfSgdThatDiffer_BecomeFactorsOfTheGradients()
    {
        SessionRates? rates = SessionRates.Of(
            new InnerSpec { Rate = 0.5 },
            [new FloatTensor([1], [0.25f]), new FloatTensor([1], [-1])],
            out string? fault
        );
        Assert.That(fault, Is.Null);
        Assert.That(rates!.Session, Is.EqualTo(new[] { 0.5f }));
        Assert.That(rates.Factors, Is.EqualTo(new[] { 0.5f, -2 }));
    }

    [TestCase("sgd", new[] { 2 }, new[] { 0.2f, 0.1f })]
    [TestCase("sgd", new[] { 1, 1 }, new[] { 0.1f })]
    [TestCase("adam", new[] { 1 }, new[] { 0.2f })]
    public void Rates_ThatASessionCannotTake_AreNamed(string optimizer, int[] shape, float[] values)
    {
        SessionRates? rates = SessionRates.Of(
            new InnerSpec { Rate = 0.1, Optimizer = optimizer },
            [new FloatTensor([1], [0.1f]), new FloatTensor(shape, values)],
            out string? fault
        );
        Assert.That(rates, Is.Null);
        Assert.That(fault, Is.EqualTo("ONNX Runtime Training has one learning rate a step for all parameters, this rule has several."));
    }

    [Test]
    public void Create_HeadOnly_BodyIsFrozen()
    {
        NetworkGraphs network = NetworkCatalogue.Build(new NetworkSpec { Type = "mlp", Hidden = [4] }, [2], 3);
        Dictionary<string, FloatTensor> tensors = network.Parameters.ToDictionary(
            p => p.Name,
            p => FloatTensor.Zeros([.. p.Shape]),
            StringComparer.Ordinal
        );

        IReadOnlyDictionary<string, byte[]> files = TrainingArtifacts.Create(
            network,
            new InnerSpec { Rate = 0.1, Adapts = "head" },
            new SessionRates([0.1f], [1, 1]),
            classification: true,
            tensors
        );

        (IReadOnlyDictionary<string, FloatTensor> trainable, IReadOnlyDictionary<string, FloatTensor> frozen) = TrainingCheckpoint.Read(
            files[TrainingArtifacts.CheckpointFile]
        );
        Assert.That(trainable.Keys, Is.EqualTo(new[] { "head.weight", "head.bias" }));
        Assert.That(frozen.Keys, Is.EqualTo(new[] { "hidden1.weight", "hidden1.bias" }));
        Assert.That(
            files.Keys,
            Is.EquivalentTo(new[] { "training_model.onnx", "eval_model.onnx", "optimizer_model.onnx", "checkpoint", "nominal_checkpoint" })
        );
    }

    [TestCase("w_grad")]
    [TestCase("lazy_reset_grad")]
    [TestCase("w_grad.accumulation.buffer")]
    public void TrainingModel_NameThatTheRuntimeReserves_IsRefused(string name)
    {
        GraphBuilder b = new("training");
        Value parameter = b.Parameter(name, 2);
        b.Output(b.ReduceSum(parameter, [0], keepDims: false), "loss");
        b.Output(b.Neg(parameter), "gradient");
        string suffix = name.EndsWith("buffer", StringComparison.Ordinal) ? "_grad.accumulation.buffer" : "_grad";

        Assert.That(
            () => OrtTrainingWriter.TrainingModel(b.Graph, [name]),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo($"The name '{name}' ends with '{suffix}', which ONNX Runtime Training keeps to itself.")
        );
    }

    [Test]
    public void TrainingModel_ParameterOfAnySize_IsRefused()
    {
        GraphBuilder b = new("training");
        Value parameter = b.Input("w", ElementType.Float, new Shape("n"));
        b.Output(b.ReduceSum(parameter, [0], keepDims: false), "loss");
        b.Output(b.Neg(parameter), "gradient");

        Assert.That(
            () => OrtTrainingWriter.TrainingModel(b.Graph, ["w"]),
            Throws.TypeOf<GraphException>().With.Message.EqualTo("The parameter 'w' has shape [n]; training wants fixed sizes.")
        );
    }
}
