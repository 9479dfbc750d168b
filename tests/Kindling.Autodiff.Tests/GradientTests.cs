using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

public sealed class GradientTests
{
    private static readonly GradientChecker Checker = new(Engines.Torch, step: 1e-5, floor: 1e-2);

    [TestCaseSource(typeof(OpCases), nameof(OpCases.All))]
    public void Gradients_FirstOrder_EqualFiniteDifferences(OpCase row) => Assert.That(Checker.Error(row, 1), Is.LessThan(1e-6));

    [TestCaseSource(typeof(OpCases), nameof(OpCases.All))]
    public void Gradients_SecondOrder_EqualFiniteDifferences(OpCase row) => Assert.That(Checker.Error(row, 2), Is.LessThan(1e-6));

    // The root's slope is infinite at 0, and none of it may pass the ReLU, as in libtorch.
    [Test]
    public void Gradients_InfiniteAtASwitchedOffRelu_AreZero()
    {
        OpCase row = new("Sqrt of Relu", (b, x) => b.Sqrt(b.Relu(x[0])), Shape.Of(4)) { Low = -2, High = -1 };
        Assert.That(Checker.Error(row, 1), Is.Zero);
    }

    [Test]
    public void Checker_RuleWrongByATenthOfAPercent_Fails()
    {
        OpCase row = OpCases.All.First(r => r.ToString().StartsWith("Exp", StringComparison.Ordinal));
        Assert.That(Checker.Error(row, 1, wrong: 1e-3), Is.InRange(9e-4, 1.1e-3));
    }
}
