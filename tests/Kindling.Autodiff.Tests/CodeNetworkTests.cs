using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;
using Kindling.Networks;

namespace Kindling.Autodiff.Tests;

/// <summary>What networks over codes promise: padding behind a text changes nothing, and a language model sees nothing behind a position.</summary>
public sealed class CodeNetworkTests
{
    private const int Vocabulary = 7;

    private static readonly double[] Text = [3, 1, 4, 1, 5];

    private static readonly NetworkSpec[] Classifiers =
    [
        Transformer("transformer", "learned"),
        Transformer("transformer", "rotary"),
        new()
        {
            Type = "gru",
            Layers = 2,
            Width = 4,
            Vocabulary = Vocabulary,
        },
        new()
        {
            Type = "lstm",
            Layers = 2,
            Width = 4,
            Vocabulary = Vocabulary,
        },
        new()
        {
            Type = "text-cnn",
            Width = 4,
            Filters = 3,
            Vocabulary = Vocabulary,
        },
    ];

    private static readonly NetworkSpec[] LanguageModels =
    [
        Transformer("transformer-lm", "learned"),
        Transformer("transformer-lm", "rotary"),
        new()
        {
            Type = "gru-lm",
            Layers = 2,
            Width = 4,
            Vocabulary = Vocabulary,
        },
        new()
        {
            Type = "lstm-lm",
            Layers = 2,
            Width = 4,
            Vocabulary = Vocabulary,
        },
    ];

    [TestCaseSource(nameof(Classifiers))]
    public void Output_OfATextWithMorePaddingBehind_IsTheSame(NetworkSpec spec)
    {
        double[] few = Run(spec, [.. Text, 0]);
        double[] many = Run(spec, [.. Text, 0, 0, 0, 0, 0]);
        Assert.That(many, Is.EqualTo(few).Within(1e-12));
        Assert.That(Run(spec, [.. Text, 2]), Is.Not.EqualTo(few).Within(1e-3), "what is no padding counts");
        Assert.That(Run(spec, new double[6]), Has.All.InRange(-100, 100), "nothing but padding gives numbers too");
    }

    [TestCaseSource(nameof(LanguageModels))]
    public void Scores_OfAPosition_DoNotDependOnWhatIsBehind(NetworkSpec spec)
    {
        double[] one = Run(spec, [.. Text, 2]);
        double[] other = Run(spec, [3, 1, 4, 6, 6, 0]);
        const int Same = 3 * Vocabulary;
        Assert.That(other[..Same], Is.EqualTo(one[..Same]).Within(1e-12));
        Assert.That(other[Same..(Same + Vocabulary)], Is.Not.EqualTo(one[Same..(Same + Vocabulary)]).Within(1e-3));
    }

    // log softmax of [0, ln 3] is [ln 1/4, ln 3/4]; the second text has one target only
    [Test]
    public void CodeCrossEntropy_OfTwoTexts_IsTheMeanOverTargets()
    {
        GraphBuilder b = new("loss");
        Value scores = b.Input("scores", ElementType.Float, Shape.Of(2, 2, 2));
        Value codes = b.Input("codes", ElementType.Float, Shape.Of(2, 2));
        _ = b.Output(Losses.CodeCrossEntropy(b, scores, codes), "loss");
        double three = Math.Log(3);
        double[] values = [0, three, three, 0, 0, three, 5, -5];
        double[] got = Engines.Torch(b.Graph, [([2, 2, 2], values), ([2, 2], [1, 1, 1, 0])])[0];
        Assert.That(got[0], Is.EqualTo(-(Math.Log(0.75) + Math.Log(0.25) + Math.Log(0.75)) / 3).Within(1e-12));
        Assert.That(Engines.Torch(b.Graph, [([2, 2, 2], values), ([2, 2], new double[4])])[0][0], Is.Zero, "no target at all");
    }

    private static NetworkSpec Transformer(string type, string positions) =>
        new()
        {
            Type = type,
            Layers = 2,
            Width = 8,
            Heads = 2,
            Positions = positions,
            Vocabulary = Vocabulary,
        };

    // Each parameter begins with the same numbers whatever its size: positions of a longer text go on behind those of a shorter one.
    private static double[] Run(NetworkSpec spec, double[] codes)
    {
        Graph graph = NetworkRows.Build(spec, [codes.Length]).Infer;
        return Engines.Torch(
            graph,
            [
                .. graph.Inputs.Select(
                    (v, i) =>
                    {
                        Random random = new(i);
                        long[] sizes = [.. v.Shape.Select(d => d.IsKnown ? d.Size : 1)];
                        double[] values =
                            i == 0
                                ? codes
                                : [.. Enumerable.Range(0, (int)v.Shape.ElementCount.Size).Select(_ => (2 * random.NextDouble()) - 1)];
                        return (sizes, values);
                    }
                ),
            ]
        )[0];
    }
}
