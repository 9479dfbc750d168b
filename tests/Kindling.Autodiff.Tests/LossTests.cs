using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

public sealed class LossTests
{
    private static readonly double[] Output = [1, 2, 4, 0];
    private static readonly double[] Target = [1, 0, 1, 0.5];

    private static IEnumerable<TestCaseData> Rows =>
        [
            // differences 0, 2, 3, -0.5
            Row("MeanSquaredError", Losses.MeanSquaredError, 13.25 / 4),
            Row("L1", Losses.L1, 5.5 / 4),
            Row("Huber 1", (b, x, y) => Losses.Huber(b, x, y), (1.5 + 2.5 + 0.125) / 4),
            Row("Huber 2", (b, x, y) => Losses.Huber(b, x, y, 2), (2 + 4 + 0.125) / 4),
            Row("SoftTargetCrossEntropy", Losses.SoftTargetCrossEntropy, (Log(1, 2) - 1 + (1.5 * Log(4, 0)) - 4) / 2),
        ];

    [TestCaseSource(nameof(Rows))]
    public void Loss_OfFourNumbers_IsTheFormula(Func<GraphBuilder, Value, Value, Value> loss, double expected)
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2));
        Value y = b.Input("y", ElementType.Float, new Shape("n", 2));
        _ = b.Output(loss(b, x, y), "loss");
        Assert.That(Engines.Torch(b.Graph, [([2, 2], Output), ([2, 2], Target)])[0], Is.EqualTo(new[] { expected }).Within(1e-6));
    }

    // logits of 1000 overflow unless the maximum is taken off; the gradient is (softmax - one-hot) / batch
    [Test]
    public void CrossEntropy_LargeLogits_IsExact()
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2));
        Value loss = Losses.CrossEntropy(b, x, b.Ints(1, 0));
        _ = b.Output(loss, "loss");
        _ = b.Output(Differentiator.Gradients(b, loss, [x])[0], "dx");
        IReadOnlyList<double[]> results = Engines.Torch(b.Graph, [([2, 2], [1000, 0, 3, 3])]);
        Assert.That(results[0], Is.EqualTo(new[] { (1000 + Math.Log(2)) / 2 }).Within(1e-9));
        Assert.That(results[1], Is.EqualTo(new[] { 0.5, -0.5, -0.25, 0.25 }).Within(1e-9));
    }

    // One cell with an object: logit 0 of it, a box half as wide, two equal classes. Another cell without, logit 0; then a picture without any.
    [Test]
    public void Detection_OfTwoPictures_IsTheFormula()
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 2, 7));
        Value y = b.Input("y", ElementType.Float, new Shape("n", 14));
        _ = b.Output(Losses.Detection(b, x, y), "loss");
        double[] nothing = [0, 1, 1, 1, 1, 0, 0];
        double[] empty = [0, 0, 0, 0, 0, 0, 0];
        double result = Engines.Torch(
            b.Graph,
            [
                ([2, 2, 7], [0, 0.5, 1, 0.5, 1, 3, 3, .. nothing, .. nothing, .. nothing]),
                ([2, 14], [1, 1, 1, 1, 1, 1, 0, .. empty, .. empty, .. empty]),
            ]
        )[0][0];
        double first = (0.25 * Math.Log(2)) + 0.5 + Math.Log(2);
        double second = 2 * 0.75 * 0.25 * Math.Log(2);
        Assert.That(result, Is.EqualTo((first + second) / 2).Within(1e-5));
    }

    // Two actions of means (1, 2) and (0, 0) and deviations (1, e): the gradient is that of log p, times minus the advantage, over the batch.
    [Test]
    public void PolicyGradient_OfTwoSteps_IsTheFormula()
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 4));
        Value y = b.Input("y", ElementType.Float, new Shape("n", 4));
        Value loss = Losses.PolicyGradient(b, x, y);
        _ = b.Output(loss, "loss");
        _ = b.Output(Differentiator.Gradients(b, loss, [x])[0], "dx");
        IReadOnlyList<double[]> results = Engines.Torch(
            b.Graph,
            [([2, 4], [1, 2, 0, 1, 0, 0, 0, 1]), ([2, 4], [2, 2, 3, 9, 0, Math.E, -1, 9])]
        );
        // minus log p but for constants: 1/2 + 1, and 1/2 + 1; advantages 3 and -1
        Assert.That(results[0], Is.EqualTo(new[] { ((1.5 * 3) - 1.5) / 2 }).Within(1e-9));
        double[] slope = [-3 / 2.0, 0, 0, 3 / 2.0, 0, 0.5 / Math.E, -0.5, 0];
        Assert.That(results[1], Is.EqualTo(slope).Within(1e-9));
        Assert.That(
            () => Losses.PolicyGradient(b, b.Input("odd", ElementType.Float, new Shape("n", 3)), y),
            Throws.TypeOf<GraphException>().With.Message.Contain("A policy gives means and as many logarithms")
        );
    }

    // One action of means 0, deviations 1 and e, at (0, e): log p is -1.5 but for constants, its gradient (0, 1/e, -1, 0). What p was differs: ratios of 1.5, 1.5, 0.5, 0.5 and 1, of
    // which the first and the fourth left the interval of 0.2 where the advantage wanted them to.
    [Test]
    public void ClippedPolicyGradient_OfFiveSteps_IsTheFormula()
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 4));
        Value y = b.Input("y", ElementType.Float, new Shape("n", 4));
        Value loss = Losses.ClippedPolicyGradient(b, x, y, 0.2);
        _ = b.Output(loss, "loss");
        _ = b.Output(Differentiator.Gradients(b, loss, [x])[0], "dx");
        (double Ratio, double Advantage)[] steps = [(1.5, 3), (1.5, -1), (0.5, 2), (0.5, -2), (1, 3)];
        IReadOnlyList<double[]> results = Engines.Torch(
            b.Graph,
            [
                ([5, 4], [.. steps.SelectMany(_ => new double[] { 0, 0, 0, 1 })]),
                ([5, 4], [.. steps.SelectMany(s => new[] { 0, Math.E, s.Advantage, -1.5 - Math.Log(s.Ratio) })]),
            ]
        );
        Assert.That(results[0], Is.EqualTo(new[] { -(3.6 - 1.5 + 1 - 1.6 + 3) / 5 }).Within(1e-6));
        double[] weights = [0, 0.3, -0.2, 0, -0.6];
        Assert.That(results[1], Is.EqualTo(weights.SelectMany(w => new[] { 0, w / Math.E, -w, 0 })).Within(1e-6));
        Assert.That(
            () =>
                Losses.ClippedPolicyGradient(
                    b,
                    b.Input("one", ElementType.Float, new Shape("n", 2)),
                    b.Input("target", ElementType.Float, new Shape("n", 2)),
                    0.2
                ),
            Throws.TypeOf<GraphException>().With.Message.Contain("The target of one action has no room")
        );
    }

    // outputs (1, 2, 4) and (0, 5, -1) of labels 1 and 0: differences (1, 1, 4) and (-1, 5, -1); the third class counts or does not
    [TestCase(1, 45.0 / 6)]
    [TestCase(0, 28.0 / 4)]
    public void OneHotSquaredError_OfTwoExamples_IsTheMeanOverTheClassesThatCount(double third, double expected)
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 3));
        Value mask = b.Input("mask", ElementType.Float, Shape.Of(3));
        Value labels = b.Ints(1, 0);
        Value loss = Losses.OneHotSquaredError(b, x, labels, mask);
        _ = b.Output(loss, "loss");
        _ = b.Output(Losses.OneHotSquaredError(b, x, labels), "unmasked");
        _ = b.Output(Differentiator.Gradients(b, loss, [x])[0], "dx");
        IReadOnlyList<double[]> results = Engines.Torch(b.Graph, [([2, 3], [1, 2, 4, 0, 5, -1]), ([3], [1, 1, third])]);
        Assert.That(results[0], Is.EqualTo(new[] { expected }).Within(1e-9));
        Assert.That(results[1], Is.EqualTo(new[] { 45.0 / 6 }).Within(1e-9));
        double of = 2 * (2 + third);
        double[] slope = [2 / of, 2 / of, 8 * third / of, -2 / of, 10 / of, -2 * third / of];
        Assert.That(results[2], Is.EqualTo(slope).Within(1e-9));
    }

    // Equal logits have the largest entropy, log n, and no slope; a logit of -1e9 is no class, and 1000 is sure: 0, not NaN.
    [Test]
    public void Entropy_EqualAndExtremeLogits_IsExact()
    {
        GraphBuilder b = new("loss");
        Value x = b.Input("x", ElementType.Float, new Shape("n", 3));
        Value loss = Losses.Entropy(b, x);
        _ = b.Output(loss, "loss");
        _ = b.Output(Differentiator.Gradients(b, loss, [x])[0], "dx");
        (double[] Logits, double Expected)[] rows = [([2, 2, 2], Math.Log(3)), ([2, 2, -1e9], Math.Log(2)), ([1000, 0, 0], 0)];
        foreach ((double[] logits, double expected) in rows)
        {
            IReadOnlyList<double[]> results = Engines.Torch(b.Graph, [([1, 3], logits)]);
            Assert.That(results[0], Is.EqualTo(new[] { expected }).Within(1e-9));
            Assert.That(results[1], Is.EqualTo(new double[] { 0, 0, 0 }).Within(1e-9));
        }

        // p = (3, 1) / 4: dH/dlogit_c = -p_c (log p_c + H)
        double entropy = -(0.75 * Math.Log(0.75)) - (0.25 * Math.Log(0.25));
        IReadOnlyList<double[]> two = Engines.Torch(b.Graph, [([1, 3], [Math.Log(3), 0, -1e9])]);
        Assert.That(two[0], Is.EqualTo(new[] { entropy }).Within(1e-9));
        double[] slope = [-0.75 * (Math.Log(0.75) + entropy), -0.25 * (Math.Log(0.25) + entropy), 0];
        Assert.That(two[1], Is.EqualTo(slope).Within(1e-9));
    }

    private static double Log(double a, double b) => Math.Log(Math.Exp(a) + Math.Exp(b));

    private static TestCaseData Row(string name, Func<GraphBuilder, Value, Value, Value> loss, double expected) =>
        new TestCaseData(loss, expected).SetArgDisplayNames(name);
}
