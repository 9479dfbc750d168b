using Kindling.Graphs;
using Kindling.Train.Tapes;

namespace Kindling.Train.Tests;

public sealed class GraphTapeTests
{
    // the rule for MatMul knows no vectors
    [Test]
    public void Run_StackedNodeThatItsRuleRefuses_IsUnstackable()
    {
        GraphBuilder one = new("one");
        _ = one.Output(one.MatMul(one.Parameter("x", 5, 4), one.Parameter("v", 4)), "y");
        GraphBuilder b = new("many");
        GraphTape tape = new(b, stacked: true);

        Assert.That(
            () => tape.Run(one.Graph, b.Parameter("x", 3, 5, 4), b.Parameter("v", 3, 4)),
            Throws.TypeOf<UnstackableException>().With.Message.Contains("MatMul of matrices only")
        );
    }
}
