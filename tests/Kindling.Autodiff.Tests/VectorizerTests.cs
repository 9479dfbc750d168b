using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;

namespace Kindling.Autodiff.Tests;

/// <summary>What a vectorised graph computes for each of three users against the graph itself, in double precision.</summary>
public sealed class VectorizerTests
{
    private const int Users = 3;

    /// <summary>Of operators with a rule, what the rule refuses, and how.</summary>
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["MatMul row"] = "of matrices only",
        ["MatMul column"] = "of matrices only",
        ["MatMul dot"] = "of matrices only",
        ["Flatten 0"] = "at axis 1 only",
        ["Reshape empty"] = "with allowzero",
        ["ScatterND none"] = "with allowzero",
        ["Pad value"] = "with a constant value only",
    };

    private static IEnumerable<OpCase> Rows => OpCases.All.Where(row => Vectorizer.Fault(Build(row)) is null);

    [TestCaseSource(nameof(Rows))]
    public void Inline_EveryInputOfItsOwn_IsEachUsersGraph(OpCase row) => Check(row, _ => true);

    [TestCaseSource(nameof(Rows))]
    public void Inline_OnlyTheFirstInputOfItsOwn_SharesTheOthers(OpCase row) => Check(row, i => i == 0);

    [Test]
    public void Fault_Convolution_NamesTheOperator()
    {
        GraphBuilder b = new("conv");
        _ = b.Output(b.Relu(b.Conv(b.Input("x", ElementType.Float, Shape.Of(1, 1, 3, 3)), b.Parameter("w", 1, 1, 3, 3))), "y");
        Assert.That(Vectorizer.Fault(b.Graph), Is.EqualTo("There is no vectorising rule for Conv."));
    }

    [Test]
    public void Inline_BindingOfAnotherRank_NamesBoth()
    {
        GraphBuilder one = new("one");
        _ = one.Output(one.Relu(one.Parameter("x", 2)), "y");
        GraphBuilder b = new("many");
        Dictionary<string, Value> bindings = new() { ["x"] = b.Parameter("x", 2, 2, 2) };
        Assert.That(
            () => Vectorizer.Inline(b, one.Graph, bindings),
            Throws
                .TypeOf<GraphException>()
                .With.Message.EqualTo("Graph 'one': input x: Float [2] cannot be x: Float [2, 2, 2]: expected that rank or one more.")
        );
    }

    // tables and places of each user's own, and a table that all share; negative places count from the end
    [TestCase(true)]
    [TestCase(false)]
    public void Inline_GatherAtPlacesOfEachUsersOwn_IsEachUsersGraph(bool ownTable)
    {
        GraphBuilder one = new("one");
        Value table = one.Parameter("table", 4, 2);
        Value places = one.Input("places", ElementType.Float, Shape.Of(3));
        _ = one.Output(one.Gather(table, one.Cast(places, ElementType.Int64)), "y");
        GraphBuilder b = new("many");
        Dictionary<string, Value> bindings = new()
        {
            ["table"] = b.Input("table", ElementType.Float, ownTable ? new Shape("users", 4, 2) : Shape.Of(4, 2)),
            ["places"] = b.Input("places", ElementType.Float, new Shape("users", 3)),
        };
        _ = b.Output(Vectorizer.Inline(b, one.Graph, bindings)["y"], "y");
        (long[], double[]) tables = ownTable
            ? ([2, 4, 2], [.. Enumerable.Range(0, 16).Select(i => (double)i)])
            : ([4, 2], [.. Enumerable.Range(0, 8).Select(i => (double)i)]);
        double[] got = Engines.Torch(b.Graph, [tables, ([2, 3], [0, 3, -1, 1, 1, -4])])[0];
        double second = ownTable ? 8 : 0;
        double[] expected = [0, 1, 6, 7, 6, 7, 2 + second, 3 + second, 2 + second, 3 + second, second, 1 + second];
        Assert.That(got, Is.EqualTo(expected));
        Assert.That(Engines.OnnxRuntime(b.Graph, [tables, ([2, 3], [0, 3, -1, 1, 1, -4])])[0], Is.EqualTo(expected));
    }

    [Test]
    public void Inline_FlattenAtANegativeAxis_IsThatAtAxis1()
    {
        GraphBuilder one = new("one");
        _ = one.Output(one.Flatten(one.Parameter("x", 2, 3, 1, 2), -3), "y");
        GraphBuilder b = new("many");
        Dictionary<string, Value> bindings = new() { ["x"] = b.Input("x", ElementType.Float, new Shape("users", 2, 3, 1, 2)) };
        Assert.That(Vectorizer.Inline(b, one.Graph, bindings)["y"].Shape, Is.EqualTo(new Shape("users", 2, 6)));
    }

    // of [[1, 3], [5, 9]] all elements or the last two are normalised, by scales of each user's own
    [TestCase(0, new[] { -1.183216, -0.507093, 0.169031, 1.521278 })]
    [TestCase(1, new[] { -1.0, 1, -1, 1 })]
    [TestCase(-1, new[] { -1.0, 1, -1, 1 })]
    public void Inline_LayerNormalizationOfWhatAllShare_KeepsItsAxis(int axis, double[] normal)
    {
        GraphBuilder one = new("one");
        Value x = one.Parameter("x", 2, 2);
        Value scale = axis == 0 ? one.Parameter("scale", 2, 2) : one.Parameter("scale", 2);
        _ = one.Output(one.Op("LayerNormalization", [x, scale], ("axis", axis), ("epsilon", 1e-9f)), "y");
        GraphBuilder b = new("many");
        Dictionary<string, Value> bindings = new()
        {
            ["x"] = b.Parameter("x", 2, 2),
            ["scale"] = b.Input("scale", ElementType.Float, new Shape(["users", .. scale.Shape])),
        };
        _ = b.Output(Vectorizer.Inline(b, one.Graph, bindings)["y"], "y");
        int size = axis == 0 ? 4 : 2;
        (long[], double[]) scales = ([2, .. scale.Shape.ToSizes()], [.. Enumerable.Range(0, 2 * size).Select(i => i < size ? 1.0 : 10)]);
        double[] got = Engines.Torch(b.Graph, [([2, 2], [1, 3, 5, 9]), scales])[0];
        Assert.That(got, Is.EqualTo(normal.Concat(normal.Select(n => 10 * n))).Within(1e-5));
    }

    [Test]
    public void Inline_SqueezeWithoutAxes_IsRefused()
    {
        GraphBuilder one = new("one");
        _ = one.Output(one.Op("Squeeze", [one.Parameter("x", 1, 2)]), "y");
        GraphBuilder b = new("many");
        Dictionary<string, Value> bindings = new() { ["x"] = b.Parameter("x", 3, 1, 2) };
        Assert.That(
            () => Vectorizer.Inline(b, one.Graph, bindings),
            Throws.TypeOf<UnvectorizableException>().With.Message.EqualTo("Node 'squeeze' (Squeeze): input 1 is not a constant.")
        );
    }

    private static Graph Build(OpCase row)
    {
        GraphBuilder b = new("row");
        Value[] inputs = [.. row.Inputs.Select((shape, i) => b.Input($"x{i}", ElementType.Float, shape))];
        _ = b.Output(row.Build(b, inputs), "y");
        return b.Graph;
    }

    private static void Check(OpCase row, Func<int, bool> own)
    {
        Graph graph = Build(row);
        GraphBuilder b = new("many");
        Dictionary<string, Value> bindings = graph
            .Inputs.Select((input, i) => b.Input(input.Name, input.Type, own(i) ? new Shape(["users", .. input.Shape]) : input.Shape))
            .ToDictionary(value => value.Name, StringComparer.Ordinal);
        if (Refused.TryGetValue($"{row}"[..$"{row}".IndexOf('(')], out string? reason))
        {
            Assert.That(
                () => Vectorizer.Inline(b, graph, bindings),
                Throws.TypeOf<UnvectorizableException>().With.Message.Contains(reason)
            );
            return;
        }

        Value y = b.Output(Vectorizer.Inline(b, graph, bindings)["y"], "y");
        Assert.That(y.Rank, Is.EqualTo(graph.Outputs[0].Rank + 1));
        Random random = new(5);
        (long[] Sizes, double[] Values)[] inputs =
        [
            .. row.Inputs.Select(
                (shape, i) =>
                {
                    long[] sizes = own(i) ? [Users, .. OpCase.Sizes(shape)] : OpCase.Sizes(shape);
                    double[] values =
                    [
                        .. Enumerable
                            .Range(0, (int)sizes.Aggregate(1L, (a, d) => a * d))
                            .Select(_ => row.Low + ((row.High - row.Low) * random.NextDouble())),
                    ];
                    return (sizes, values);
                }
            ),
        ];

        double[] got = Engines.Torch(b.Graph, inputs)[0];

        double[] expected =
        [
            .. Enumerable
                .Range(0, Users)
                .SelectMany(user => Engines.Torch(graph, [.. inputs.Select((input, i) => own(i) ? Slice(input, user) : input)])[0]),
        ];
        Assert.That(got, Is.EqualTo(expected).Within(1e-12));
    }

    private static (long[] Sizes, double[] Values) Slice((long[] Sizes, double[] Values) all, int user)
    {
        int length = all.Values.Length / Users;
        return (all.Sizes[1..], all.Values[(user * length)..((user + 1) * length)]);
    }
}
