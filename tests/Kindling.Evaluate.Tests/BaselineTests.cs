using Kindling.Bundles;
using Kindling.Evaluate.Baselines;
using Kindling.Tasks;

namespace Kindling.Evaluate.Tests;

public sealed class BaselineTests
{
    // Class 0 has its centre at (1, 0), class 1 at (5, 4); the last query row is as far from both.
    [Test]
    public void Nearest_TwoClasses_TakesTheNearerCentreAndTheFirstAtATie()
    {
        int[] classes = CentroidBaseline.Nearest(
            new FloatTensor([4, 2], [0, 0, 2, 0, 5, 3, 5, 5]),
            new FloatTensor([4], [0, 0, 1, 1]),
            new FloatTensor([4, 2], [1, 1, 4, 4, 0, -9, 3, 2])
        );
        Assert.That(classes, Is.EqualTo(new[] { 0, 1, 0, 0 }));
    }

    // y = (2 a - b + 3, 5 - 4 a): with next to no penalty the fit repeats it where it was not seen.
    [Test]
    public void Predict_TargetsLinearInTheFeatures_AreRecovered()
    {
        FloatTensor output = RidgeRegression.Predict(
            new FloatTensor([4, 2], [0, 0, 1, 0, 0, 1, 2, 3]),
            new FloatTensor([4, 2], [3, 5, 5, 1, 2, 5, 4, -3]),
            new FloatTensor([2, 2], [10, 4, -1, -2]),
            1e-9
        );
        Assert.That(output.Shape, Is.EqualTo(new[] { 2, 2 }));
        Assert.That(output.Values, Is.EqualTo(new[] { 19f, -35f, 3f, 9f }).Within(1e-4f));
    }

    [TestCase("[4]", "expected 'hidden1.weight' [1, 16], got float[1, 4].")]
    [TestCase("[16]", "expected 'hidden2.weight' [16, 16], got only head.bias, ")]
    public void Evaluate_JointWeightsOfAnotherModel_AreRefused(string hidden, string fault)
    {
        const string Inner = """{ "rate": 0.01, "steps": 1 }""";
        using TrainedBundle bundle = new("""{ "type": "mlp", "hidden": [16, 16] }""", TrainedBundle.Sinusoid, Inner);
        using TrainedBundle other = new($$"""{ "type": "mlp", "hidden": {{hidden}} }""", TrainedBundle.Sinusoid, Inner);
        EvaluationOptions options = new() { Episodes = 2, Joint = Path.Combine(other.Path, BundleManifest.ThetaFileName) };
        Assert.That(
            () => Evaluator.Evaluate(bundle.Path, options),
            Throws.TypeOf<BundleException>().With.Message.StartsWith($"The joint weights are those of another model: {fault}")
        );
    }

    // More features than rows: of all exact fits the shortest weights, here (1, 1) for y = a + b with a = b.
    [Test]
    public void Predict_MoreFeaturesThanRows_SpreadsTheWeight()
    {
        FloatTensor output = RidgeRegression.Predict(
            new FloatTensor([2, 3], [0, 0, 7, 1, 1, 7]),
            new FloatTensor([2, 1], [0, 2]),
            new FloatTensor([1, 3], [3, 0, 7]),
            1e-9
        );
        Assert.That(output.Values, Is.EqualTo(new[] { 3f }).Within(1e-4f));
    }

    // Centred x = (-1, 1) and y = (-1, 1): weight 2 / (2 + 2).
    [Test]
    public void Predict_WithAPenalty_ShrinksTheWeightButNotTheIntercept()
    {
        FloatTensor output = RidgeRegression.Predict(
            new FloatTensor([2, 1], [0, 2]),
            new FloatTensor([2, 1], [4, 6]),
            new FloatTensor([2, 1], [1, 3]),
            2
        );
        Assert.That(output.Values, Is.EqualTo(new[] { 5f, 6f }).Within(1e-6f));
    }

    // "the" is in all three training texts and weighs 1, "a" and "b" are in one of three, ln 2 + 1, a new word ln 4 + 1.
    [TestCase("the a", 0, Description = "the rare word decides against a common one")]
    [TestCase("B the", 1, Description = "capital letters do not matter")]
    [TestCase("new a", 0)]
    [TestCase("nothing", 0, Description = "the first at a tie")]
    public void Measure_TfIdf_TakesTheCentroidOfTheLargestCosine(string query, int expected)
    {
        TfIdfBaseline baseline = new(["the a", "the b", "the c"]);
        Episode episode = new()
        {
            SupportX = new FloatTensor([3, 1], [1, 2, 3]),
            SupportY = new FloatTensor([3], [0, 0, 1]),
            QueryX = new FloatTensor([1, 1], [1]),
            QueryY = new FloatTensor([1], [expected]),
            SupportTexts = ["a", "a new", "the b the"],
            QueryTexts = [query],
        };
        Assert.That(baseline.Measure(episode), Is.EqualTo(new[] { 1.0 }));
    }
}
