using System.Text.RegularExpressions;
using Kindling.Autodiff.Passes;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Recipes;

namespace Kindling.Evaluate.Importing;

/// <summary>
/// Turns a model that somebody else exported into a network of a recipe: op set 17, one input of any number of examples, one output, floats of 32 bits; then
/// compares it with the original and finds what the gradient of the chosen weights passes.
/// </summary>
public static partial class ModelImporter
{
    private const int Examples = 3;
    private const double HalfLimit = 1e-2;
    private const double QuantizedLimit = 5e-2;
    private static readonly string[] Rounding =
    [
        "QuantizeLinear",
        "DynamicQuantizeLinear",
        "QLinearMatMul",
        "QLinearConv",
        "MatMulInteger",
        "ConvInteger",
    ];

    /// <summary>Imports a model; writes nothing.</summary>
    /// <exception cref="GraphException">The file can not be read or does not fit the options.</exception>
    public static ImportResult Run(ImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (OnnxReader.Unsupported(options.Model) is { Count: > 0 } nodes)
        {
            return Refused(options, nodes);
        }

        OnnxSummary summary = OnnxSummary.Read(File.ReadAllBytes(options.Model), options.Model);
        try
        {
            return Run(options, summary);
        }
        catch (GraphException e) when (!e.Message.StartsWith("Model '", StringComparison.Ordinal))
        {
            throw new GraphException($"Model '{options.Model}': {e.Message}", e);
        }
    }

    private static ImportResult Run(ImportOptions options, OnnxSummary summary)
    {
        FixedInputs fixedInputs = new(summary, options.Fix);
        (Graph read, bool isFixed) = Read(options, summary, fixedInputs);
        (Graph graph, Value input) = Prepare(read, summary, options, fixedInputs);
        string[] names = Trainable(graph, options.Trainable);
        GradientPath path = new(graph, names.ToHashSet(StringComparer.Ordinal));
        if (path.Blocked.Count > 0)
        {
            return Refused(options, [.. path.Blocked.Select(n => (n.ToString(), "no gradient passes it"))]);
        }

        if (names.Where(n => !path.Reached.Contains(n)).ToArray() is { Length: > 0 } unreached)
        {
            throw new GraphException(
                $"no gradient reaches {string.Join(", ", unreached)}: only roundings, comparisons and the like lead from there to '{graph.Outputs[0].Name}'."
            );
        }

        byte[] bytes = OnnxWriter.ToBytes(graph);
        int[] shape = InputShape(input, options.InputShape);
        Tensor x = RandomInput(input.Type, shape, Examples, options.Seed);
        float[] outputs = Outputs(bytes, graph, x);
        (double[] gradients, int width) = Gradients(bytes, names, shape, input.Type, x, options.Seed);
        return new()
        {
            Bytes = bytes,
            InputShape = shape,
            Report = new()
            {
                Model = options.Model,
                Input = input.ToString(),
                Output = graph.Outputs[0].ToString(),
                Outputs = width,
                Trainable =
                [
                    .. names.Select(
                        (name, i) =>
                            new TrainableWeight
                            {
                                Name = name,
                                Shape = graph[name].Constant!.Sizes,
                                LargestGradient = gradients[i],
                            }
                    ),
                ],
                TrainableCount = names.Sum(name => graph[name].Constant!.Count),
                FrozenCount = graph
                    .Constants.Where(c => c.Type == ElementType.Float && !names.Contains(c.Name, StringComparer.Ordinal))
                    .Sum(c => c.Constant!.Count),
                Nodes = graph.Nodes.Count,
                GradientNodes = [.. path.Passed.Select(n => n.ToString())],
                Changes = [.. Changes(read, summary, options, input, fixedInputs), .. isFixed ? FixedSizes(options) : []],
                Parity = new()
                {
                    Examples = Examples,
                    LargestDifference = Difference(Original(options, summary, read, fixedInputs, input, x, graph.Outputs[0].Name), outputs),
                    Allowed =
                        summary.Operators.Keys.Any(Rounding.Contains) ? QuantizedLimit
                        : ComputesInHalf(read) ? HalfLimit
                        : ImportParity.Limit,
                    LargestBatchDifference = Difference(
                        [.. Enumerable.Range(0, Examples).SelectMany(i => Outputs(bytes, graph, Example(x, i)))],
                        outputs
                    ),
                },
            },
        };
    }

    // With free sizes where the model's nodes allow it, else for examples of the given sizes only.
    private static (Graph Graph, bool IsFixed) Read(ImportOptions options, OnnxSummary summary, FixedInputs fixedInputs)
    {
        try
        {
            return (OnnxReader.Read(options.Model, fixedInputs.Constants, new BatchAxis([.. fixedInputs.Filled])), false);
        }
        catch (GraphException) when (options.InputShape is not null)
        {
            return (
                OnnxReader.Read(options.Model, fixedInputs.Constants, new BatchAxis([.. fixedInputs.Filled], options.InputShape)),
                true
            );
        }
        catch (GraphException e) when (summary.Inputs.Where(i => !options.Fix.ContainsKey(i.Name)).ToArray() is { Length: > 1 } several)
        {
            throw new GraphException(
                $"{e.Message} It has {several.Length} inputs ({string.Join<OnnxPort>(", ", several)}): give those that are no examples values with --fix INPUT=VALUE.",
                e
            );
        }
    }

    private static ImportResult Refused(ImportOptions options, IReadOnlyList<(string Node, string Why)> nodes) =>
        new()
        {
            Report = new()
            {
                Model = options.Model,
                Unsupported = [.. nodes.Select(n => new UnsupportedNode { Node = n.Node, Why = n.Why })],
            },
        };

    // One input, one output, and nothing that the output does not need.
    private static (Graph Graph, Value Input) Prepare(Graph read, OnnxSummary summary, ImportOptions options, FixedInputs fixedInputs)
    {
        string output = options.Output ?? read.Outputs[0].Name;
        if (read.Outputs.All(v => v.Name != output))
        {
            throw new GraphException(
                $"it has no output '{output}'; its outputs are {string.Join(", ", read.Outputs.Select(v => v.Name))}."
            );
        }

        if (!SinglePrecision.Single(read.Output(output).Type).Equals(ElementType.Float))
        {
            throw new GraphException($"its output {read.Output(output)} is no float, so nothing of it can be trained.");
        }

        HashSet<Value> needed = Needed(read, read.Output(output));
        if (options.LabelInput is { } absent && read.Inputs.All(v => v.Name != absent))
        {
            throw new GraphException(
                $"it has no input '{absent}' of labels; its inputs are {string.Join(", ", read.Inputs.Select(v => v.Name))}."
            );
        }

        if (options.LabelInput is { } labels && needed.Contains(read.Input(labels)))
        {
            throw new GraphException(
                $"its output '{output}' depends on the labels '{labels}'; choose one that does not with --output: {string.Join(", ", read.Outputs.Where(v => !Needed(read, v).Contains(read.Input(labels))).Select(v => v.Name))}."
            );
        }

        string[] filled = [.. fixedInputs.Filled];
        Value[] data = [.. read.Inputs.Where(v => needed.Contains(v) && !filled.Contains(v.Name))];
        if (data is not [var input])
        {
            throw new GraphException(
                $"its output '{output}' depends on {data.Length} inputs ({string.Join(", ", summary.Inputs.Where(i => data.Any(v => v.Name == i.Name)))}), expected one for the examples; give the others values with --fix INPUT=VALUE."
            );
        }

        if (input.Rank == 0 || input.Shape[0].Symbol != BatchAxis.Symbol)
        {
            throw new GraphException($"its input {input} has no axis for examples: expected the first one free or 1.");
        }

        Value? x = null;
        Dictionary<string, Func<GraphBuilder, Value>> others = read
            .Inputs.Where(v => v != input)
            .ToDictionary(
                v => v.Name,
                v =>
                    (Func<GraphBuilder, Value>)(
                        b => filled.Contains(v.Name) ? fixedInputs.Fill(b, v.Name, x ??= b.Graph.Inputs[0]) : Nothing(b, v)
                    ),
                StringComparer.Ordinal
            );
        Graph graph = DeadCode.Run(SinglePrecision.Copy(read, output, others));
        return graph.Outputs[0].Rank > 0 && graph.Outputs[0].Shape[0].Symbol == BatchAxis.Symbol
            ? (graph, graph.Inputs[0])
            : throw new GraphException($"its output {graph.Outputs[0]} does not keep the axis of examples of its input {graph.Inputs[0]}.");
    }

    // Stands for an input that the output does not depend on; dead code afterwards.
    private static Value Nothing(GraphBuilder b, Value input) =>
        b.Op(
            "ConstantOfShape",
            [b.Ints([.. input.Shape.Select(d => d.IsKnown ? d.Size : 1)])],
            ("value", new Tensor(SinglePrecision.Single(input.Type), [1], new byte[SinglePrecision.Single(input.Type).Size()]))
        );

    private static HashSet<Value> Needed(Graph graph, Value output)
    {
        HashSet<Value> needed = [output];
        foreach (Node node in graph.Nodes.Reverse().Where(n => n.Outputs.Any(v => v is not null && needed.Contains(v))))
        {
            needed.UnionWith(node.Inputs.OfType<Value>());
        }

        return needed;
    }

    private static string[] Trainable(Graph graph, IReadOnlyList<string> patterns)
    {
        Value[] weights = [.. graph.Constants.Where(c => c.Type == ElementType.Float && !Invented().IsMatch(c.Name))];
        if (weights.Length == 0)
        {
            throw new GraphException("it has no weights of a float type, so nothing of it can be trained.");
        }

        // Numbers without dimensions are epsilons and factors as a rule: they are meant by name only.
        string[] names =
        [
            .. weights
                .Where(c => (c.Rank > 0 && NamePatterns.Match(string.Join(',', patterns), c.Name)) || patterns.Contains(c.Name))
                .Select(c => c.Name),
        ];
        return names.Length > 0
            ? names
            : throw new GraphException(
                $"no weight matches {string.Join(", ", patterns)}; its weights are {string.Join(", ", weights.Where(c => c.Rank > 0).Select(c => $"{c.Name} {c.Shape}"))}."
            );
    }

    private static int[] InputShape(Value input, IReadOnlyList<int>? given)
    {
        Dimension[] sizes = [.. input.Shape.Skip(1)];
        if (given is null)
        {
            return sizes.FirstOrDefault(d => !d.IsKnown) is { IsKnown: false } free
                ? throw new GraphException($"its input {input} leaves '{free}' free: say with --input-shape how large an example is.")
                : [.. sizes.Select(d => (int)d.Size)];
        }

        return given.Count == sizes.Length && sizes.Zip(given).All(d => !d.First.IsKnown || d.First.Is(d.Second))
            ? [.. given]
            : throw new GraphException($"its input {input} does not take examples [{string.Join(", ", given)}].");
    }

    private static bool ComputesInHalf(Graph read) =>
        read.Nodes.Any(n =>
            n.Outputs.Any(v => v?.Type == ElementType.Float16) && !(n.OpType is "Cast" or "Identity" && n.Input(0)?.Constant is not null)
        );

    private static IEnumerable<string> Changes(Graph read, OnnxSummary summary, ImportOptions options, Value input, FixedInputs fixedInputs)
    {
        long opset = summary.OpSets.GetValueOrDefault("ai.onnx");
        if (opset != Graph.OpsetVersion)
        {
            yield return $"op set {opset} became {Graph.OpsetVersion}";
        }

        if (summary.Inputs.First(i => i.Name == input.Name).Shape![0] == "1")
        {
            yield return "batches of one became batches of any size";
        }

        foreach (ElementType type in new[] { ElementType.Float16, ElementType.Double })
        {
            if (read.Constants.Count(c => c.Type == type) is > 0 and var count)
            {
                yield return $"{count} weights of {type} became Float"
                    + (
                        type == ElementType.Float16 && ComputesInHalf(read)
                            ? $"; the original computes in Float16, so {HalfLimit} is allowed between the two"
                            : ""
                    );
            }
        }

        if (summary.Operators.Keys.Where(Rounding.Append("DequantizeLinear").Contains).ToArray() is { Length: > 0 } quantized)
        {
            yield return $"{string.Join(", ", quantized)} became floats"
                + (
                    quantized.Contains("DynamicQuantizeLinear")
                        ? "; what was rounded by the range of the batch at hand is not rounded any more"
                        : ""
                )
                + (
                    quantized.Any(Rounding.Contains)
                        ? $"; {QuantizedLimit} is allowed between the two, a few levels of the original's integers"
                        : ""
                );
        }

        foreach ((string name, string value) in options.Fix)
        {
            yield return $"input '{name}' is {value}"
                + (fixedInputs.Filled.Contains(name, StringComparer.Ordinal) ? ", as large as the examples are many" : "");
        }

        if (read.Outputs.Count > 1)
        {
            yield return $"outputs left out: {string.Join(", ", read.Outputs.Select(v => v.Name).Where(n => n != (options.Output ?? read.Outputs[0].Name)))}";
        }
    }

    private static string[] FixedSizes(ImportOptions options) =>
        [$"examples are [{string.Join(", ", options.InputShape!)}]: with the sizes that the file leaves free its nodes can not be read"];

    // What the graph builder calls the constants that it adds.
    [GeneratedRegex("^constant(_[0-9]+)?$")]
    private static partial Regex Invented();
}
