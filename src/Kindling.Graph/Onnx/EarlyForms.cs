namespace Kindling.Graphs.Onnx;

/// <summary>Operators as op sets 1 to 6 have them: broadcasting as an attribute, types by name, sizes that were no inputs yet.</summary>
internal static class EarlyForms
{
    private static readonly string[] Types =
    [
        "UNDEFINED",
        "FLOAT",
        "UINT8",
        "INT8",
        "UINT16",
        "INT16",
        "INT32",
        "INT64",
        "STRING",
        "BOOL",
        "FLOAT16",
        "DOUBLE",
        "UINT32",
        "UINT64",
    ];

    /// <summary>Brings a node of these op sets to op set 7.</summary>
    public static void Convert(NodeForm form)
    {
        // which inputs might be overwritten
        _ = form.Opset < 6 ? form.Ints("consumed_inputs") : null;
        switch (form.OpType)
        {
            case "Add" or "Sub" or "Mul" or "Div" or "Pow" or "And" or "Or" or "Xor" or "Greater" or "Less" or "Equal":
                Align(form);
                break;
            case "Gemm":
                _ = form.Int("broadcast", 0);
                break;
            case "PRelu" when form.Input(1).Rank == 1 && form.Input(0).Rank > 2:
                form.Inputs[1] = form.Builder.Reshape(form.Input(1), [-1, .. Enumerable.Repeat(1L, form.Input(0).Rank - 2)]);
                break;
            case "BatchNormalization" or "Dropout":
                _ = form.Int("is_test", 0);
                break;
            case "Reshape" when form.Opset < 5:
                form.IntsToInput("shape", 1);
                break;
            case "Cast" when form.Opset < 6:
                form.Attributes["to"] = NumberOf(form, form.Text("to", ""));
                break;
            case "Concat" when form.Opset < 4:
                _ = form.Attributes.TryAdd("axis", 1L);
                break;
            case "Pad" when form.Opset < 2:
                form.IntsToInput("paddings", 1);
                break;
            case "LpPool" or "GlobalLpPool" when form.Opset < 2:
                form.Attributes["p"] = (long)form.Float("p", 2);
                break;
            case "Tile" when form.Opset < 6:
                throw new GraphException($"{form.Where}: Tile along one axis, as before op set 6, is not supported.");
        }
    }

    // The smaller input stands at the axes from `axis` on, otherwise at the last.
    private static void Align(NodeForm form)
    {
        bool isGiven = form.Attributes.ContainsKey("axis");
        long axis = form.Int("axis", 0);
        (Value a, Value b) = (form.Input(0), form.Input(1));
        long behind = a.Rank - (axis < 0 ? axis + a.Rank : axis) - b.Rank;
        if (form.Int("broadcast", 0) == 0 || !isGiven || b.Rank == 0)
        {
            return;
        }

        if (behind < 0)
        {
            throw new GraphException($"{form.Where}: {b.Shape} does not stand in {a.Shape} from axis {axis} on.");
        }

        form.Inputs[1] = behind == 0 ? b : form.Builder.Unsqueeze(b, [.. Enumerable.Range(b.Rank, (int)behind).Select(i => (long)i)]);
    }

    private static long NumberOf(NodeForm form, string type) =>
        Array.IndexOf(Types, type) is > 0 and var number
            ? number
            : throw new GraphException($"{form.Where}: there is no element type '{type}'.");
}
