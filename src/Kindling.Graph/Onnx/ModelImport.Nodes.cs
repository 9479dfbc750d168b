using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <content>Nodes, of the model's graph, of bodies and of functions.</content>
internal sealed partial class ModelImport
{
    // Loops, functions and layers that are unrolled multiply what stands in a file: nodes of the graph, and numbers and names of nodes that are read.
    private const int MostNodes = 1 << 17;
    private const long MostRead = 1 << 22;

    private bool exhausted;
    private int observed;
    private long read;

    private void AddNode(NodeProto node, string where, ImportScope scope)
    {
        try
        {
            string[] outputs = [.. node.Output];
            int count = Array.FindLastIndex(outputs, o => o.Length > 0) + 1;
            if (count == 0)
            {
                throw new GraphException($"{where}: it has no outputs.");
            }

            AttributeProto[] attributes = Spend(node, where, scope);
            List<Value?> inputs = [.. node.Input.Select(name => Find(name, where, scope))];
            string domain = NodeSupport.Domain(node.Domain);
            if (Functions().Find(node) is { } function)
            {
                TakeApart(() => Call(function, inputs, attributes, where, scope), outputs[..count], where, scope);
            }
            else if (ControlFlow.Contains(node.OpType, domain))
            {
                TakeApart(() => Flow(node, inputs, attributes, where, scope), outputs[..count], where, scope);
            }
            else
            {
                AddOperator(node, domain, inputs, attributes, outputs[..count], where, scope);
            }

            for (; observed < builder.Graph.Nodes.Count; observed++)
            {
                Node written = builder.Graph.Nodes[observed];
                foreach (Value value in written.Outputs.OfType<Value>())
                {
                    Bound(value, where);
                }

                known.Observe(written);
            }

            if (builder.Graph.Nodes.Count > MostNodes)
            {
                exhausted = true;
                throw new GraphException($"{where}: written out, the model has more than {MostNodes} nodes.");
            }
        }
        catch (GraphException e) when (!e.Message.StartsWith(where, StringComparison.Ordinal))
        {
            throw new GraphException($"{where}: {e.Message}", e);
        }
        catch (Exception e)
            when (e
                    is ArgumentException
                        or ArithmeticException
                        or IndexOutOfRangeException
                        or InvalidOperationException
                        or InvalidCastException
                        or OutOfMemoryException
            )
        {
            throw new GraphException($"{where}: its inputs and attributes do not fit together: {e.Message}", e);
        }
    }

    private void AddOperator(
        NodeProto node,
        string domain,
        List<Value?> inputs,
        AttributeProto[] attributes,
        string[] outputs,
        string where,
        ImportScope scope
    )
    {
        NodeForm form = new()
        {
            Builder = builder,
            Where = where,
            Opset = scope.Opset,
            OpType = Decompositions.Key(node.OpType, domain),
            Inputs = inputs,
            Attributes = AttributeReader.Read(attributes, where, tensors),
            Outputs = outputs,
        };
        if (form.OpType == "Constant")
        {
            Tensor constant = AttributeReader.Constant(form);
            if (scope.IsModel)
            {
                builder.Constant(constant, outputs[0]);
            }
            else
            {
                scope.Add(outputs[0], Shared(constant, outputs[0]));
            }

            return;
        }

        OpsetConversion.Convert(form);
        if (batch is not null)
        {
            BatchAxis.Keep(form);
        }

        if (Decompositions.Contains(form.OpType))
        {
            TakeApart(() => Decompositions.Build(form, outputs.Length), outputs, where, scope);
            return;
        }

        IReadOnlyList<Value> values = builder.Ops(
            form.OpType,
            outputs.Length,
            form.Inputs,
            new Attributes(form.Attributes.Select(a => (a.Key, (object?)a.Value))),
            node.Name.Length == 0 || !scope.IsModel || builder.Graph.HasNode(node.Name) ? null : node.Name,
            scope.IsModel ? [.. outputs.Select(o => o.Length > 0 ? o : null!)] : null
        );
        if (!scope.IsModel)
        {
            foreach ((string name, Value value) in outputs.Zip(values))
            {
                scope.Add(name, value);
            }
        }
    }

    // What stands for a node's outputs takes their names; what was there before keeps its own.
    private void TakeApart(Func<IReadOnlyList<Value?>> build, string[] outputs, string where, ImportScope scope)
    {
        int before = builder.Graph.Nodes.Count;
        IReadOnlyList<Value?> values = build();
        if (values.Count < outputs.Length)
        {
            throw new GraphException($"{where}: it has {values.Count} outputs, the model asks for {outputs.Length}.");
        }

        HashSet<Node> written = scope.IsModel ? [.. builder.Graph.Nodes.Skip(before)] : [];
        foreach ((string name, Value? value) in outputs.Zip(values).Where(o => o.First.Length > 0))
        {
            if (value is null)
            {
                throw new GraphException($"{where}: output '{name}' is not supported.");
            }

            // Others may ask for a constant's elements, so it stays one.
            bool isConstant = value.Constant is not null && !proto.Output.Any(o => o.Name == name);
            if (!scope.IsModel || isConstant)
            {
                scope.Add(name, value);
                continue;
            }

            bool isNew = value.Producer is { } node && written.Remove(node);
            builder.Graph.Rename(isNew ? value : builder.Identity(value), name);
        }
    }

    // Counts what is read and resolves attributes; a loop reads its body again in every round.
    private AttributeProto[] Spend(NodeProto node, string where, ImportScope scope)
    {
        AttributeProto[] attributes = [.. scope.Resolve(node)];
        if (!scope.IsModel)
        {
            long numbers = attributes.Sum(a => 1L + a.Floats.Count + a.Ints.Count + a.S.Length + a.Strings.Sum(s => 1L + s.Length));
            Count(1L + node.Input.Count + node.Output.Count + numbers, where);
        }

        return attributes;
    }

    private void Count(long names, string where)
    {
        read += names;
        if (read > MostRead)
        {
            exhausted = true;
            throw new GraphException($"{where}: written out, the model has more than {MostRead} names and numbers.");
        }
    }

    // One value for a constant, however often it is read; a weight keeps its name where that is free.
    private Value Shared(Tensor tensor, string name)
    {
        if (!constants.TryGetValue(tensor, out Value? value))
        {
            bool isFree =
                tensor.Count > 1
                && tensor.Type.IsFloat()
                && name.Length > 0
                && !builder.Graph.Contains(name)
                && !builder.Reserved.Contains(name);
            constants[tensor] = value = builder.Constant(tensor, isFree ? name : null);
        }

        return value;
    }

    private Value? Find(string name, string where, ImportScope scope) =>
        name.Length == 0 ? null
        : scope.TryFind(name, out Value? value) ? value
        : builder.Graph.Contains(name) && !scope.IsFunction ? builder.Graph[name]
        : throw new GraphException($"{where}: its input '{name}' is not computed before it.");
}
