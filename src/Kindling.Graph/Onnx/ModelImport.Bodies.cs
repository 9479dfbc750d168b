using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <content>Bodies of If, Loop and Scan, and functions: written out in place of the node.</content>
internal sealed partial class ModelImport
{
    private IReadOnlyList<Value?> Flow(
        NodeProto node,
        List<Value?> inputs,
        IReadOnlyList<AttributeProto> attributes,
        string where,
        ImportScope scope
    )
    {
        foreach (IGrouping<string, AttributeProto> same in attributes.GroupBy(a => a.Name).Where(g => g.Count() > 1))
        {
            throw new GraphException($"{where}: attribute '{same.Key}' is given twice.");
        }

        return node.OpType switch
        {
            "If" => Branch(inputs, attributes, where, scope),
            "Loop" => Loop(node, inputs, attributes, where, scope),
            _ => Scan(node, inputs, attributes, where, scope),
        };
    }

    private IReadOnlyList<Value?> Branch(List<Value?> inputs, IReadOnlyList<AttributeProto> attributes, string where, ImportScope scope)
    {
        string taken = Truth(Given(inputs, 0, where), "which branch is taken", where) ? "then_branch" : "else_branch";
        return Inline(Body(attributes, taken, where), [], $"{where}, {taken}", scope);
    }

    // (trips, condition, states...) -> (states..., what each round gives...); the body gets (round, condition, states...), gives (condition, states..., gives...)
    private IReadOnlyList<Value?> Loop(
        NodeProto node,
        List<Value?> inputs,
        IReadOnlyList<AttributeProto> attributes,
        string where,
        ImportScope scope
    )
    {
        GraphProto body = Body(attributes, "body", where);
        Value?[] states = [.. inputs.Skip(2)];
        int collected = body.Output.Count - 1 - states.Length;
        if (collected < 0)
        {
            throw new GraphException($"{where}: its body gives {body.Output.Count} values for a condition and {states.Length} states.");
        }

        long? trips = inputs.ElementAtOrDefault(0) is { } count ? Known(count, "the number of its rounds", where).ToInt64()[0] : null;
        Value? condition = inputs.ElementAtOrDefault(1);
        bool goes = condition is null || Truth(condition, "whether it begins", where);
        List<Value>[] gathered = [.. Enumerable.Range(0, collected).Select(_ => new List<Value>())];
        long round = 0;
        for (; goes && (trips is null || round < trips); round++)
        {
            Rounds(round + 1, where);
            string path = $"{where}, round {round}";
            Value?[] given = [builder.Constant(Tensor.Scalar(round)), builder.Constant(Tensor.Of<bool>([true])), .. states];
            List<Value> results = Inline(body, given, path, scope);
            goes = Truth(results[0], "whether it goes on", path);
            states = [.. results.Skip(1).Take(states.Length)];
            for (int i = 0; i < collected; i++)
            {
                gathered[i].Add(builder.Unsqueeze(results[1 + states.Length + i], 0));
            }
        }

        return [.. states, .. gathered.Select((parts, i) => Gathered(parts, 0, node, states.Length + i, where))];
    }

    // (states..., sequences...) -> (states..., what each round gives...)
    private IReadOnlyList<Value?> Scan(
        NodeProto node,
        List<Value?> inputs,
        IReadOnlyList<AttributeProto> attributes,
        string where,
        ImportScope scope
    )
    {
        GraphProto body = Body(attributes, "body", where);
        long sequences = attributes.FirstOrDefault(a => a.Name == "num_scan_inputs")?.I ?? 0;
        int stateCount = (int)Math.Clamp(inputs.Count - sequences, 0, inputs.Count);
        int collected = body.Output.Count - stateCount;
        if (sequences < 1 || stateCount + sequences != inputs.Count || collected < 0)
        {
            throw new GraphException(
                $"{where}: {inputs.Count} inputs and {body.Output.Count} outputs of its body do not go with {sequences} sequences."
            );
        }

        Value[] given = [.. inputs.Select((_, i) => Given(inputs, i, where))];
        (long[] inputAxes, bool[] inputBackwards) = Directions("input", (int)sequences);
        (long[] outputAxes, bool[] outputBackwards) = Directions("output", collected);
        Value[][] steps = [.. given.Skip(stateCount).Select((x, i) => Cut(x, inputAxes[i], where))];
        int rounds = steps[0].Length;
        if (Array.Exists(steps, s => s.Length != rounds))
        {
            throw new GraphException($"{where}: its sequences have lengths {string.Join(", ", steps.Select(s => s.Length))}.");
        }

        Value?[] states = [.. given.Take(stateCount)];
        List<Value>[] gathered = [.. Enumerable.Range(0, collected).Select(_ => new List<Value>())];
        for (int round = 0; round < rounds; round++)
        {
            int t = round;
            IEnumerable<Value> now = steps.Select((s, i) => s[inputBackwards[i] ? rounds - 1 - t : t]);
            List<Value> results = Inline(body, [.. states, .. now], $"{where}, round {round}", scope);
            states = [.. results.Take(stateCount)];
            for (int i = 0; i < collected; i++)
            {
                Value part = results[stateCount + i];
                long axis = outputAxes[i] < 0 ? outputAxes[i] + part.Rank + 1 : outputAxes[i];
                gathered[i].Insert(outputBackwards[i] ? 0 : gathered[i].Count, builder.Unsqueeze(part, axis));
            }
        }

        return [.. states, .. gathered.Select((parts, i) => Gathered(parts, outputAxes[i], node, stateCount + i, where))];

        (long[] Axes, bool[] Backwards) Directions(string kind, int count)
        {
            long[] axes = [.. attributes.FirstOrDefault(a => a.Name == $"scan_{kind}_axes")?.Ints ?? [.. new long[count]]];
            long[] directions = [.. attributes.FirstOrDefault(a => a.Name == $"scan_{kind}_directions")?.Ints ?? [.. new long[count]]];
            return axes.Length == count && directions.Length == count
                ? (axes, [.. directions.Select(d => d != 0)])
                : throw new GraphException(
                    $"{where}: {axes.Length} axes and {directions.Length} directions do not go with {count} {kind} sequences."
                );
        }
    }

    // x along an axis, one value for each place
    private Value[] Cut(Value x, long axis, string where)
    {
        long at = axis < 0 ? axis + x.Rank : axis;
        if (at < 0 || at >= x.Rank)
        {
            throw new GraphException($"{where}: axis {axis} is outside rank {x.Rank}.");
        }

        if (!x.Shape[(int)at].IsKnown)
        {
            throw new GraphException(
                $"{where}: the length of its sequences must be known, because it is written out: dimension '{x.Shape[(int)at]}' (axis {at} of '{x.Name}', {x.Shape}) must be fixed."
            );
        }

        Rounds(x.Shape[(int)at].Size, where);
        int count = (int)x.Shape[(int)at].Size;
        return count == 0 ? [] : [.. builder.Split(x, at, [.. Enumerable.Repeat(1L, count)]).Select(part => builder.Squeeze(part, at))];
    }

    private Value? Gathered(List<Value> parts, long axis, NodeProto node, int output, string where) =>
        parts.Count > 1 ? builder.Concat(axis, parts)
        : parts.Count == 1 ? parts[0]
        : node.Output.ElementAtOrDefault(output) is { Length: > 0 } name
            ? throw new GraphException($"{where}: it has no rounds, so the sizes of output '{name}' are not known.")
        : null;

    private IReadOnlyList<Value?> Call(
        FunctionProto function,
        List<Value?> inputs,
        IReadOnlyList<AttributeProto> attributes,
        string where,
        ImportScope scope
    )
    {
        if (inputs.Count > function.Input.Count)
        {
            throw new GraphException($"{where}: the function has {function.Input.Count} inputs, {inputs.Count} are given.");
        }

        Dictionary<string, AttributeProto?> arguments = function.Attribute.ToDictionary(name => name, _ => (AttributeProto?)null);
        foreach (AttributeProto attribute in function.AttributeProto.Concat(attributes))
        {
            arguments[attribute.Name] = attribute;
        }

        if (function.Attribute.FirstOrDefault(name => arguments[name] is null && Requires(function, name)) is { } missing)
        {
            throw new GraphException($"{where}: attribute '{missing}' of the function is missing.");
        }

        Count(1L + function.Input.Count + function.Attribute.Count + function.Output.Count, where);
        ImportScope within = scope.Function(where, Functions().Opset(function), arguments);
        for (int i = 0; i < function.Input.Count; i++)
        {
            within.Add(function.Input[i], inputs.ElementAtOrDefault(i));
        }

        AddNodes(function.Node, within);
        return [.. function.Output.Select(name => Find(name, where, within))];
    }

    // A constant without its value is none; other attributes may be absent.
    private static bool Requires(FunctionProto function, string attribute) =>
        function.Node.Any(node => node.OpType == "Constant" && node.Attribute.Any(a => a.RefAttrName == attribute));

    private List<Value> Inline(GraphProto body, IReadOnlyList<Value?> inputs, string path, ImportScope around)
    {
        if (body.Input.Count != inputs.Count || body.SparseInitializer.Count > 0)
        {
            throw new GraphException($"{path}: its body has {body.Input.Count} inputs, {inputs.Count} are given.");
        }

        Count(1L + body.Input.Count + body.Initializer.Count + body.Output.Count, path);
        ImportScope scope = around.Body(path);
        foreach ((ValueInfoProto input, Value? value) in body.Input.Zip(inputs))
        {
            scope.Add(input.Name, value);
        }

        foreach (TensorProto tensor in body.Initializer)
        {
            scope.Add(tensor.Name, Shared(tensors.Read(tensor, $"{path}, initialiser '{tensor.Name}'"), tensor.Name));
        }

        AddNodes(body.Node, scope);
        return
        [
            .. body.Output.Select(output =>
                Find(output.Name, $"{path}, output", scope)
                ?? throw new GraphException($"{path}: output '{output.Name}' of its body is absent.")
            ),
        ];
    }

    private void AddNodes(IReadOnlyList<NodeProto> nodes, ImportScope scope)
    {
        List<string> faults =
        [
            .. nodes
                .Select((node, i) => (Where: Where(node, i), Fault: NodeSupport.Fault(node, scope.Opset, Functions())))
                .Where(n => n.Fault is not null)
                .Select(n => $"{n.Where}: {n.Fault}"),
        ];
        if (faults.Count > 0)
        {
            throw new GraphException(
                $"{scope.Path}: {faults.Count} of {nodes.Count} nodes are not supported: {string.Join("; ", faults)}."
            );
        }

        for (int i = 0; i < nodes.Count; i++)
        {
            AddNode(nodes[i], $"{scope.Path}, {Where(nodes[i], i)}", scope);
        }
    }

    private static GraphProto Body(IReadOnlyList<AttributeProto> attributes, string name, string where) =>
        attributes.FirstOrDefault(a => a.Name == name)?.G ?? throw new GraphException($"{where}: attribute '{name}' is missing.");

    private static Value Given(List<Value?> inputs, int index, string where) =>
        inputs.ElementAtOrDefault(index) ?? throw new GraphException($"{where}: input {index} is missing.");

    private static void Rounds(long rounds, string where)
    {
        if (rounds > ControlFlow.MostRounds)
        {
            throw new GraphException($"{where}: it has more than {ControlFlow.MostRounds} rounds.");
        }
    }

    private bool Truth(Value value, string what, string where) =>
        Known(value, what, where) is { Type: ElementType.Bool, Count: 1 } tensor
            ? tensor.Bytes[0] != 0
            : throw new GraphException($"{where}: {what} must be a truth value, '{value.Name}' is {value.Type} {value.Shape}.");

    private Tensor Known(Value value, string what, string where) =>
        known.Of(value) is { } tensor
            ? tensor
            : throw new GraphException(
                $"{where}: {what} must be known when the model is read, but '{value.Name}' depends on {string.Join(", ", Origins(value))}; fix it."
            );

    // The inputs and unknown sizes that a value is computed from.
    private SortedSet<string> Origins(Value value)
    {
        SortedSet<string> origins = new(StringComparer.Ordinal);
        HashSet<Value> seen = [];
        Queue<Value> open = new([value]);
        while (open.TryDequeue(out Value? next))
        {
            if (!seen.Add(next) || known.Of(next) is not null || next.Constant is not null)
            {
                continue;
            }

            if (next.Producer is not { } node)
            {
                origins.Add($"input '{next.Name}'");
            }
            else if (node.OpType is "Shape" or "Size")
            {
                origins.UnionWith(node.Inputs[0]!.Shape.Where(d => !d.IsKnown).Select(d => $"dimension '{d}'"));
            }
            else
            {
                foreach (Value input in node.Inputs.OfType<Value>())
                {
                    open.Enqueue(input);
                }
            }
        }

        return origins.Count > 0 ? origins : [$"operator {value.Producer?.OpType}, which is not computed when a model is read"];
    }
}
