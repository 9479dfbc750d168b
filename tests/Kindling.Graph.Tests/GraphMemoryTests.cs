namespace Kindling.Graphs.Tests;

public sealed class GraphMemoryTests
{
    [Test]
    public void Of_Chain_HoldsTwoValuesAtATime()
    {
        GraphBuilder b = new("chain");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 10));
        _ = b.Output(b.Neg(b.Exp(b.Exp(b.Exp(x)))), "y");

        // the last one is the output, which is not counted
        Assert.That(GraphMemory.Of(b.Graph), Is.EqualTo((0, 2 * 40)));
    }

    [Test]
    public void Of_ValueThatIsUsedLater_LivesOn()
    {
        GraphBuilder b = new("later");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 10));
        Value kept = b.Exp(x);
        _ = b.Output(b.Add(b.Neg(b.Exp(b.Exp(b.Exp(kept)))), kept), "y");
        Assert.That(GraphMemory.Of(b.Graph), Is.EqualTo((0, 3 * 40)));
    }

    [Test]
    public void Of_Views_CountOnce()
    {
        GraphBuilder b = new("views");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 10));
        Value view = b.Reshape(b.Unsqueeze(b.Exp(x), 1), -1, 5);
        _ = b.Output(b.ReduceSum(view), "y");
        Assert.That(GraphMemory.Of(b.Graph), Is.EqualTo((0, 40)));
    }

    [Test]
    public void Of_FixedAndByExample_AreApart()
    {
        GraphBuilder b = new("both");
        Value x = b.Input("x", ElementType.Float, new Shape("batch", 3));
        Value w = b.Exp(b.Parameter("w", 3, 7));
        _ = b.Output(b.Neg(b.MatMul(x, w)), "y");
        Assert.That(GraphMemory.Of(b.Graph), Is.EqualTo((4 * 21, 4 * 7)));
    }

    [Test]
    public void Of_SizeThatDependsOnSomethingElse_IsUnknown()
    {
        GraphBuilder b = new("users");
        Value x = b.Input("x", ElementType.Float, new Shape("users", "batch"));
        _ = b.Output(b.Neg(b.Exp(x)), "y");
        Assert.That(GraphMemory.Of(b.Graph), Is.Null);
    }
}
