namespace Kindling.Graphs.Onnx;

/// <summary>
/// Older forms of operators, op sets 7 to 16, and how they are said at op set 17. What is not listed reads the same in all of them, or differs
/// only in element types.
/// </summary>
internal static class OpsetConversion
{
    /// <summary>The oldest op set that is read: the first with broadcasting as it is today.</summary>
    public const int Oldest = 7;

    private static readonly (string OpType, int Before, Action<NodeForm> Convert)[] OlderForms =
    [
        ("ReduceSum", 13, f => f.IntsToInput("axes", 1)),
        ("Squeeze", 13, f => f.IntsToInput("axes", 1)),
        ("Unsqueeze", 13, f => f.IntsToInput("axes", 1)),
        ("Split", 13, f => f.IntsToInput("split", 1)),
        ("Softmax", 13, FlattenSoftmax),
        ("LogSoftmax", 13, FlattenSoftmax),
        ("Hardmax", 13, FlattenSoftmax),
        (
            "Clip",
            11,
            f =>
            {
                f.FloatToInput("min", 1);
                f.FloatToInput("max", 2);
            }
        ),
        (
            "Pad",
            11,
            f =>
            {
                f.IntsToInput("pads", 1);
                f.FloatToInput("value", 2);
            }
        ),
        (
            "Slice",
            10,
            f =>
            {
                f.IntsToInput("starts", 1);
                f.IntsToInput("ends", 2);
                f.IntsToInput("axes", 3);
            }
        ),
        // Scatter became ScatterElements at op set 11.
        ("Scatter", 11, f => f.OpType = "ScatterElements"),
    ];

    private static readonly Dictionary<string, int> Introduced = new(StringComparer.Ordinal)
    {
        ["Expand"] = 8,
        ["Acosh"] = 9,
        ["Asinh"] = 9,
        ["Atanh"] = 9,
        ["Cosh"] = 9,
        ["EyeLike"] = 9,
        ["IsNaN"] = 9,
        ["Shrink"] = 9,
        ["Sign"] = 9,
        ["Sinh"] = 9,
        ["ConstantOfShape"] = 9,
        ["Erf"] = 9,
        ["OneHot"] = 9,
        ["Scatter"] = 9,
        ["Where"] = 9,
        ["IsInf"] = 10,
        ["Mod"] = 10,
        ["ThresholdedRelu"] = 10,
        ["CumSum"] = 11,
        ["GatherElements"] = 11,
        ["Range"] = 11,
        ["Round"] = 11,
        ["ScatterElements"] = 11,
        ["Celu"] = 12,
        ["GreaterOrEqual"] = 12,
        ["LessOrEqual"] = 12,
        ["HardSwish"] = 14,
        ["Trilu"] = 14,
        ["CastLike"] = 15,
        ["LayerNormalization"] = 17,
    };

    /// <summary>Whether an operator that the registry lacks has a form there.</summary>
    public static bool Renames(string opType, long opset) => opType == "Scatter" && opset is >= 9 and < 11;

    /// <summary>The op set that brought the operator, if the model's is older; otherwise null.</summary>
    public static int? Missing(string opType, long opset) => Introduced.TryGetValue(opType, out int since) && opset < since ? since : null;

    /// <summary>Brings a node to op set 17, adding constants and nodes before it where needed.</summary>
    public static void Convert(NodeForm form)
    {
        foreach ((string opType, int before, Action<NodeForm> convert) in OlderForms)
        {
            if (opType == form.OpType && form.Opset < before)
            {
                convert(form);
                return;
            }
        }
    }

    // Before op set 13 the softmax ran over all axes from `axis` (1 unless given) to the last, as one.
    private static void FlattenSoftmax(NodeForm form)
    {
        GraphBuilder b = form.Builder;
        Value x = form.Inputs.ElementAtOrDefault(0) ?? throw new GraphException($"{form.Where}: input 0 is missing.");
        long given =
            !form.Attributes.TryGetValue("axis", out object? value) ? 1
            : value is long number ? number
            : throw new GraphException($"{form.Where}: attribute 'axis' has a wrong type.");
        long axis = given < 0 ? given + x.Rank : given;
        if (axis < 0 || axis >= x.Rank)
        {
            throw new GraphException($"{form.Where}: axis {given} is outside rank {x.Rank}.");
        }

        form.Attributes["axis"] = axis;
        if (axis == x.Rank - 1)
        {
            return;
        }

        Value flat = b.Op(form.OpType, [b.Flatten(x, axis)], ("axis", -1L));
        form.OpType = "Reshape";
        form.Inputs = [flat, b.ShapeOf(x)];
        form.Attributes = [];
    }
}
