using Kindling.Autodiff.Passes;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Export.Tests;

public sealed class BundleGraphsTests
{
    private static readonly string[] Parameters = ["hidden1.weight", "hidden1.bias", "head.weight", "head.bias"];

    private static readonly string[] Rates = [.. Parameters.Select(p => p + ".rate")];

    private static readonly string[] Next = [.. Parameters.Select(p => p + ".next")];

    private static IEnumerable<TestCaseData> Rows =>
        from type in new[] { "mlp", "conv4" }
        from mode in Enum.GetValues<Normalization>()
        where type == "conv4" || mode is Normalization.None or Normalization.Layer
        select new TestCaseData(type, mode);

    [Test]
    public void Adapt_Mlp_HasTheNamesOfTheContractInOrder()
    {
        Graph graph = BundleGraphs.Adapt(Network("mlp", Normalization.None), new InnerSpec { Rate = 0.1 }, classification: true);

        Assert.That(graph.Inputs.Select(v => v.Name), Is.EqualTo((string[])["x", "y", "mask", .. Parameters, .. Rates]));
        Assert.That(graph.Outputs.Select(v => v.Name), Is.EqualTo((string[])["loss", .. Next]));
    }

    [Test]
    public void Adapt_Adam_HasItsStateBetweenParametersAndRates()
    {
        Graph graph = BundleGraphs.Adapt(
            Network("mlp", Normalization.None),
            new InnerSpec { Rate = 0.1, Optimizer = "adam" },
            classification: false
        );

        string[] state = [.. Parameters.Select(p => p + ".m"), .. Parameters.Select(p => p + ".v"), "step"];
        Assert.That(graph.Inputs.Select(v => v.Name), Is.EqualTo((string[])["x", "y", .. Parameters, .. state, .. Rates]));
        Assert.That(graph.Outputs.Select(v => v.Name), Is.EqualTo((string[])["loss", .. Next, .. state.Select(s => s + ".next")]));
    }

    [TestCaseSource(nameof(Rows))]
    public void AdaptInfer_EveryNetwork_AreSimplified(string type, Normalization mode)
    {
        NetworkGraphs network = Network(type, mode);
        Graph[] graphs =
        [
            BundleGraphs.Adapt(network, new InnerSpec { Rate = 0.1 }, classification: true),
            BundleGraphs.Infer(network, new InnerSpec { Rate = 0.1 }, classification: true),
        ];

        foreach (Graph graph in graphs)
        {
            Assert.That(graph.Nodes, Has.Count.EqualTo(Simplification.Run(graph).Nodes.Count), graph.Name);
        }
    }

    // Head and shift start at zero: equal constants that apps overwrite one by one.
    [Test]
    public void Model_EqualWeights_KeepTheirNames()
    {
        NetworkGraphs network = Network("mlp", Normalization.None);
        Dictionary<string, Tensor> weights = network.Parameters.ToDictionary(
            p => p.Name,
            p => Tensor.Of<float>(new float[p.Count], [.. p.Shape.Select(d => (long)d)])
        );
        weights["mask"] = Tensor.Vector(1f, 1f, 1f);

        Graph graph = BundleGraphs.Model("model", network, classification: true, weights);

        Assert.That(graph.Constants.Select(v => v.Name), Is.SupersetOf(weights.Keys));
    }

    // the rule for MatMul knows no vectors
    [Test]
    public void AdaptMany_NodeThatItsRuleRefuses_IsNull()
    {
        GraphBuilder b = new("network");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 4));
        _ = b.Output(b.Unsqueeze(b.MatMul(x, b.Parameter("head.weight", 4)), 1), "output");
        _ = b.Output(x, "features");
        NetworkGraphs network = new()
        {
            Support = b.Graph,
            Infer = b.Graph,
            Parameters = [new ParameterSpec("head.weight", [4], InitialDistribution.Zeros, 4, IsHead: true)],
            Statistics = [],
            Normalization = Normalization.None,
        };

        Assert.That(BundleGraphs.AdaptMany(network, new InnerSpec { Rate = 0.1 }, classification: false), Is.Null);
        Assert.That(BundleGraphs.Adapt(network, new InnerSpec { Rate = 0.1 }, classification: false).Outputs, Has.Count.EqualTo(2));
    }

    private static NetworkGraphs Network(string type, Normalization mode) =>
        NetworkCatalogue.Build(
            new NetworkSpec
            {
                Type = type,
                Hidden = [3],
                Filters = 4,
                Groups = 2,
                Normalization = mode,
            },
            type == "conv4" ? [1, 16, 16] : [3],
            3
        );
}
