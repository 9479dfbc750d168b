using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;
using Microsoft.ML.OnnxRuntime;
using TrainingSession = Kindling.Train.Session.TrainingSession;

namespace Kindling.Export.Tests;

/// <summary>An imported network, whose frozen weights are constants: training and bundle run them once for each example.</summary>
public sealed class ImportedPrefixTests
{
    private string folder = "";

    [SetUp]
    public void CreateFolder() => folder = Directory.CreateTempSubdirectory("kindling").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    // The trainer's reference episodes come from the trained part alone, the bundle's from raw inputs: that they agree is the parity of both splits.
    [TestCase("linear", "none")]
    [TestCase("linear", "layer")]
    [TestCase("prototypes", "layer")]
    public void Export_FrozenWeights_BecomeABackboneThatStepsDoNotRepeat(string head, string normalization)
    {
        VerificationReport report = Export(hidden: 64, head, normalization);
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());

        using AdaptableModel model = AdaptableModel.Open(Path.Combine(folder, "bundle"), new AdaptOptions { RequireImprovement = false });
        Assert.That(model.Manifest.Graphs.Backbone!.Outputs, Has.Count.EqualTo(1));
        Assert.That(Weights("backbone.onnx"), Does.Contain(2560L));
        Assert.That(Weights("adapt.onnx"), Does.Not.Contain(2560L));
        Assert.That(Weights("infer.onnx"), Does.Not.Contain(2560L));

        Recipe recipe = Parse(head, normalization, File.ReadAllBytes(Path.Combine(folder, "network.onnx")));
        Episode episode = TaskFamilies.Create(recipe.Tasks, "").Sample(Split.Test, recipe.Tasks.ToShape(), new SeededRandom(3));
        using Learner learner = model.CreateLearner();
        _ = learner.Adapt(
            new AdaptRequest
            {
                Support = SupportSet.FromTensors(episode.SupportX, [.. episode.SupportY.Values.Select(v => (int)v)], episode.Classes),
                Steps = 3,
            }
        );
        string baked = Path.Combine(folder, "user.onnx");
        learner.Bake(baked);
        using InferenceSession session = new(baked);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(episode.QueryX.Values, [episode.QueryX.Shape[0], 40]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> whole = session.Run(options, ["x"], [input], ["scores"]);
        Assert.That(
            learner.PredictBatch(episode.QueryX).SelectMany(p => p.Values),
            Is.EqualTo(whole[0].GetTensorDataAsSpan<float>().ToArray()).Within(1e-5)
        );
    }

    [Test]
    public void Export_FewConstants_StayWhereTheyAre()
    {
        VerificationReport report = Export(hidden: 8, "linear", "none");
        Assert.That(report.Agreeing, Is.EqualTo(report.Episodes), report.ToString());
        using BundleFiles bundle = BundleFiles.Open(Path.Combine(folder, "bundle"));
        Assert.That(bundle.Manifest.Graphs.Backbone, Is.Null);
        Assert.That(Weights("adapt.onnx"), Does.Contain(320L));
    }

    [TestCase("own", "layer")]
    [TestCase("linear", "batch")]
    public void Parse_NormalizationThatAnImportedNetworkHasNot_IsRefused(string head, string normalization) =>
        Assert.That(
            () => Parse(head, normalization, []),
            Throws
                .InstanceOf<Exception>()
                .With.Message.Contains(
                    $"network.normalization: onnx takes none, or layer under a new head, got {char.ToUpperInvariant(normalization[0])}{normalization[1..]} with head {head}"
                )
        );

    private VerificationReport Export(int hidden, string head, string normalization)
    {
        byte[] bytes = Network(hidden);
        File.WriteAllBytes(Path.Combine(folder, "network.onnx"), bytes);
        Recipe recipe = Parse(head, normalization, bytes);
        string checkpoint = Path.Combine(folder, "checkpoint");
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), checkpoint, TimeProvider.System);
        Assert.That(session.Run(2, resume: false, new Progress<TrainingProgress>(), CancellationToken.None), Is.True);
        return BundleExporter.Export(checkpoint, Path.Combine(folder, "bundle"));
    }

    private IEnumerable<long> Weights(string file) =>
        OnnxReader.Read(File.ReadAllBytes(Path.Combine(folder, "bundle", file)), file).Constants.Select(c => (long)c.Constant!.Count);

    private static byte[] Network(int hidden)
    {
        SeededRandom random = new(4);
        Tensor Weight(int from, int to) =>
            Tensor.Of<float>([.. Enumerable.Range(0, from * to).Select(_ => (float)random.NextGaussian() / MathF.Sqrt(from))], from, to);
        GraphBuilder b = new("network");
        Value x = b.Input("input", ElementType.Float, new Shape("batch", 40));
        Value body = b.Relu(b.MatMul(x, b.Constant(Weight(40, hidden), "body.weight")));
        _ = b.Output(b.Relu(b.MatMul(body, b.Constant(Weight(hidden, 12), "last.weight"))), "features");
        return OnnxWriter.ToBytes(b.Graph);
    }

    private static Recipe Parse(string head, string normalization, byte[] bytes) =>
        Recipe.Parse(
            $$"""
            {
              "name": "test", "seed": 7,
              "network": { "type": "onnx", "head": "{{head}}", "normalization": "{{normalization}}", "file": "network.onnx", "sha256": "{{ImportedModel.Hash(
                bytes
            )}}", "trainable": ["last.weight"] },
              "tasks": { "type": "noise", "shape": [40], "ways": 3, "shots": 2, "queries": 2 },
              "algorithm": { "type": "{{(
                head == "prototypes" ? "protomaml" : "maml"
            )}}", "iterations": 4, "tasksPerBatch": 2, "validationEpisodes": 2 },
              "inner": { "rate": 0.02, "steps": 2 }
            }
            """,
            "test",
            _ => bytes
        );
}
