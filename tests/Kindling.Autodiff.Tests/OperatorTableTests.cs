using Kindling.Evaluate.Checks.Operators;

namespace Kindling.Autodiff.Tests;

/// <summary>The table of `kindling check --operators`: every operator that is read has cases, and a row says what they show.</summary>
public sealed class OperatorTableTests
{
    [Test]
    public void Names_All_HaveCases() =>
        Assert.That(OperatorTable.Names, Is.SubsetOf(OpCases.All.Concat(OpCases.Stops).Select(row => row.Operator)));

    [Test]
    public void Cases_All_AreOfOperatorsThatAreRead() =>
        Assert.That(OpCases.All.Concat(OpCases.Stops).Select(row => row.Operator).Distinct(), Is.SubsetOf(OperatorTable.Names));

    [TestCaseSource(typeof(OpCases), nameof(OpCases.Stops))]
    public void Row_OperatorThatNoGradientPasses_SaysSo(OpCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        OperatorRow shown = OperatorTable.Row(row.Operator, row);

        Assert.That(
            (shown.Gradient, shown.SecondOrder, shown.Interpreter, shown.Parity, shown.Passed),
            Is.EqualTo(("stops", "stops", true, true, true))
        );
    }

    [Test]
    public void Row_GradientThatIsZeroEverywhere_IsNotDifferentiated()
    {
        OpCase flat = new("Relu", (b, x) => b.Relu(x[0]), Graphs.Shape.Of(4)) { Low = -2, High = -1 };

        Assert.That(OperatorTable.Row("Relu", flat).Gradient, Is.EqualTo("no"));
    }

    [Test]
    public void Row_WithoutCases_IsOpen()
    {
        OperatorRow row = OperatorTable.Row("Exp");

        Assert.That(
            (row.Interpreter, row.Gradient, row.SecondOrder, row.Parity, row.Passed),
            Is.EqualTo((false, "no", "no", false, false))
        );
    }
}
