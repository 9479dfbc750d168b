using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs.Ops;

namespace Kindling.Graphs.Tests.Conformance;

/// <summary>
/// ONNX's own node tests through the reader, then on the torch interpreter and, written again, on ONNX Runtime. What does not run stands in
/// <see cref="Exclusions"/>.
/// </summary>
[TestFixture]
internal sealed class NodeTests
{
    private static IEnumerable<TestCaseData> Rows =>
        NodeSuite.Missing is { } reason
            ? [new TestCaseData(null, NodeEngine.Torch).Ignore(reason)]
            : Running.Select(row => new TestCaseData(row.Test, row.Engine));

    private static IEnumerable<(NodeTest Test, NodeEngine Engine)> Running =>
        from test in NodeSuite.Tests.Values
        where test.IsInScope
        from engine in Exclusions.Engines(test)
        select (test, engine);

    [TestCaseSource(nameof(Rows))]
    public void Run_NodeTest_GivesTheExpectedOutputs(NodeTest test, NodeEngine engine) =>
        Assert.That(NodeRunner.Difference(test, engine), Is.Null);

    // A change that stops a test from running shows here, or in the tests of the table.
    [Test]
    public void Suite_WithinScope_RunsAtLeastThisMany()
    {
        RequireData();
        Assert.That(NodeSuite.Tests, Has.Count.EqualTo(454));
        Assert.That(Running.Count(row => row.Engine == NodeEngine.Torch), Is.AtLeast(436));
        Assert.That(Running.Count(row => row.Engine == NodeEngine.OnnxRuntime), Is.AtLeast(436));
    }

    [Test]
    public void Suite_OutOfScope_StandsInTheTable()
    {
        RequireData();
        IEnumerable<string> unlisted = NodeSuite
            .Tests.Values.Where(test => !test.IsInScope)
            .Where(test =>
                !Exclusions.Opsets.Any(row => row.Has(test.Opset))
                && !test.UnknownOperators.Any(o => Exclusions.Operators.Any(row => row.Operators.Contains(o)))
            )
            .Select(test => $"{test} (op set {test.Opset}: {string.Join(", ", test.Operators)})");
        Assert.That(unlisted, Is.Empty);
    }

    [Test]
    public void Exclusions_OfOpsets_AreRefusedByNumber([Range(0, 0)] int index)
    {
        RequireData();
        (_, Func<long?, bool> has, int count) = Exclusions.Opsets[index];
        NodeTest[] tests = [.. NodeSuite.Tests.Values.Where(test => has(test.Opset))];
        Assert.That(tests, Has.Length.EqualTo(count));
        foreach (NodeTest test in tests)
        {
            string expected = test.Opset is { } opset
                ? $"Model '{test}': op set {opset} is not supported; supported are 1 to 22."
                : $"Model '{test}': it names no op set of ai.onnx.";
            Assert.That(
                () => NodeRunner.Difference(test, NodeEngine.Torch),
                Throws.TypeOf<GraphException>().With.Message.EqualTo(expected)
            );
        }
    }

    [TestCaseSource(typeof(Exclusions), nameof(Exclusions.Operators))]
    public void Exclusions_OfOperators_AreRefusedByName(OperatorExclusion row)
    {
        RequireData();
        Assert.That(row.Operators.Where(o => OpRegistry.Contains(o, "")), Is.Empty, "these are in the registry and need no exclusion");
        foreach (string name in row.Operators)
        {
            NodeTest[] tests = [.. NodeSuite.Tests.Values.Where(test => test.IsOfReadOpset && test.UnknownOperators.Contains(name))];
            Assert.That(tests, Is.Not.Empty, $"no test of a supported op set uses {name}");
            foreach (NodeTest test in tests)
            {
                Assert.That(
                    () => NodeRunner.Difference(test, NodeEngine.Torch),
                    Throws.TypeOf<GraphException>().With.Message.Contains($"ai.onnx.{name}").And.Message.StartsWith($"Model '{test}': ")
                );
            }
        }
    }

    [TestCaseSource(typeof(Exclusions), nameof(Exclusions.Tests))]
    public void Exclusions_OfTests_AreRefusedByEngine(TestExclusion row)
    {
        RequireData();
        foreach (string name in row.Tests)
        {
            Assert.That(NodeSuite.Tests.ContainsKey(name) && NodeSuite.Tests[name].IsInScope, Is.True, $"{name} is in scope");
            Assert.That(
                () => NodeRunner.Difference(NodeSuite.Tests[name], row.Engine ?? NodeEngine.OnnxRuntime),
                Throws.TypeOf<GraphException>().With.Message.EndsWith(row.Message),
                name
            );
        }
    }

    private static void RequireData()
    {
        if (NodeSuite.Missing is { } reason)
        {
            Assert.Ignore(reason);
        }
    }
}
