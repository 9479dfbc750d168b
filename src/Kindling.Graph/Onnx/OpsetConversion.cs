namespace Kindling.Graphs.Onnx;

/// <summary>
/// Older and newer forms of operators, op sets 1 to 16 and 18 to 22, and how they are said at op set 17. What is not listed reads the same in all of them, or
/// differs only in element types.
/// </summary>
internal static class OpsetConversion
{
    /// <summary>The oldest op set that is read.</summary>
    public const int Oldest = 1;

    // Before it, broadcasting was an attribute.
    private const int LastEarly = 6;

    private const long MostParts = 1024;
    private const long MostPadded = 1 << 24;

    /// <summary>The newest op set that is read.</summary>
    public const int Newest = 22;

    private static readonly (string OpType, int From, Action<NodeForm> Convert)[] NewerForms =
    [
        .. new[] { "L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare" }.Select(name =>
            ("Reduce" + name, 18, (Action<NodeForm>)ReduceByAttribute)
        ),
        ("Split", 18, SplitEvenly),
        ("Pad", 18, PadAllAxes),
        ("ConvTranspose", 1, TransposedPads.Convert),
        ("AveragePool", 19, DilatedAverage.Convert),
        ("IsInf", 20, AsFloat),
        ("ScatterElements", 16, Decompositions.ScatterByMask),
        ("Squeeze", 13, SqueezeKnown),
    ];

    private static readonly (string OpType, int Before, Action<NodeForm> Convert)[] OlderForms =
    [
        ("ReduceSum", 13, f => f.IntsToInput("axes", 1)),
        (
            "Squeeze",
            13,
            f =>
            {
                f.IntsToInput("axes", 1);
                SqueezeKnown(f);
            }
        ),
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
        ("TopK", 10, f => f.IntToInput("k", 1)),
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
    };

    /// <summary>Whether an operator that the registry lacks has a form there.</summary>
    public static bool Renames(string opType, long opset) => opType == "Scatter" && opset is >= 9 and < 11;

    /// <summary>The op set that brought the operator, if the model's is older; otherwise null.</summary>
    public static int? Missing(string opType, long opset) => Introduced.TryGetValue(opType, out int since) && opset < since ? since : null;

    /// <summary>Brings a node to op set 17, adding constants and nodes before it where needed.</summary>
    public static void Convert(NodeForm form)
    {
        if (form.Opset <= LastEarly)
        {
            EarlyForms.Convert(form);
        }

        string name = form.OpType;
        Action<NodeForm>? convert =
            OlderForms.FirstOrDefault(row => row.OpType == name && form.Opset < row.Before).Convert
            ?? NewerForms.FirstOrDefault(row => row.OpType == name && form.Opset >= row.From).Convert;
        convert?.Invoke(form);
    }

    // From op set 18 on the axes are an input, and an empty list may mean none instead of all.
    private static void ReduceByAttribute(NodeForm form)
    {
        bool none = form.Int("noop_with_empty_axes", 0) != 0;
        long[] axes = form.Optional(1) is { } given ? Constants(form, given, "axes") : [];
        form.Inputs = [form.Input(0)];
        if (axes.Length > 0)
        {
            form.Attributes["axes"] = axes;
        }
        else if (none)
        {
            // Nothing is added up, yet what each element goes through before and after is done.
            form.OpType = form.OpType switch
            {
                "ReduceSumSquare" => "Mul",
                "ReduceL1" or "ReduceL2" => "Abs",
                "ReduceLogSum" => "Log",
                _ => "Identity",
            };
            form.Inputs = form.OpType == "Mul" ? [form.Input(0), form.Input(0)] : form.Inputs;
            form.Attributes = [];
        }

        // From op set 20 on there is a largest and a smallest truth value.
        if (form.Input(0).Type == ElementType.Bool && form.OpType is "ReduceMax" or "ReduceMin")
        {
            GraphBuilder b = form.Builder;
            Value number = b.Op(
                form.OpType,
                [b.Cast(form.Input(0), ElementType.Int32)],
                form.Attributes.Select(a => (a.Key, (object?)a.Value))
            );
            form.OpType = "Cast";
            form.Inputs = [number];
            form.Attributes = new() { ["to"] = (long)ElementType.Bool };
        }
    }

    // Without axes run time would squeeze all axes of size 1, and with them the batch when it is of one example: those are meant that are 1 always.
    private static void SqueezeKnown(NodeForm form)
    {
        if (form.Optional(1) is not null)
        {
            return;
        }

        Value x = form.Input(0);
        long[] axes = [.. Enumerable.Range(0, x.Rank).Where(i => x.Shape[i].Is(1)).Select(i => (long)i)];
        form.OpType = axes.Length == 0 ? "Identity" : form.OpType;
        form.Inputs = axes.Length == 0 ? [x] : [x, form.Builder.Ints(axes)];
    }

    // Op set 17 has it for float and double only.
    private static void AsFloat(NodeForm form)
    {
        if (form.Input(0).Type == ElementType.Float16)
        {
            form.Inputs = [form.Builder.Cast(form.Input(0), ElementType.Float)];
        }
    }

    // From op set 18 on the number of parts may be given: all of one size but for the last.
    private static void SplitEvenly(NodeForm form)
    {
        long parts = form.Int("num_outputs", 0);
        if (parts == 0 || form.Optional(1) is not null)
        {
            return;
        }

        Value x = form.Input(0);
        long axis = form.Attributes.TryGetValue("axis", out object? value) && value is long given ? given : 0;
        int at = (int)(axis < 0 ? axis + x.Rank : axis);
        if (at < 0 || at >= x.Rank || !x.Shape[at].IsKnown || parts is < 0 or > MostParts)
        {
            throw new GraphException($"{form.Where}: axis {axis} of {x.Shape} can not be split into {parts} parts.");
        }

        long size = (x.Shape[at].Size + parts - 1) / parts;
        long[] sizes = [.. Enumerable.Range(0, (int)parts).Select(i => Math.Clamp(x.Shape[at].Size - (i * size), 0, size))];
        form.Inputs = [x, form.Builder.Ints(sizes)];
    }

    // From op set 18 on pads may be of some axes only; from 19 on they may be what stands at the other end.
    private static void PadAllAxes(NodeForm form)
    {
        int rank = form.Input(0).Rank;
        if (form.Optional(3) is { } given)
        {
            long[] axes = [.. Constants(form, given, "axes").Select(a => a < 0 ? a + rank : a)];
            long[] some = Constants(form, form.Input(1), "pads");
            if (some.Length != 2 * axes.Length || axes.Any(a => a < 0 || a >= rank))
            {
                throw new GraphException($"{form.Where}: {some.Length} pads do not go with axes {string.Join(", ", axes)} of rank {rank}.");
            }

            long[] pads = new long[2 * rank];
            for (int i = 0; i < axes.Length; i++)
            {
                pads[axes[i]] = some[i];
                pads[rank + axes[i]] = some[axes.Length + i];
            }

            form.Inputs = [form.Input(0), form.Builder.Ints(pads), form.Optional(2)];
        }

        if (form.Attributes.TryGetValue("mode", out object? mode) && mode is "wrap")
        {
            Wrap(form, Constants(form, form.Input(1), "pads"), rank);
        }
    }

    private static void Wrap(NodeForm form, long[] pads, int rank)
    {
        Value x = form.Input(0);
        for (int axis = 0; axis < rank && pads.Length == 2 * rank; axis++)
        {
            (long before, long after) = (pads[axis], pads[rank + axis]);
            if (before == 0 && after == 0)
            {
                continue;
            }

            if (x.Shape[axis] is not { IsKnown: true, Size: > 0 and var size } || size + before + after is < 0 or > MostPadded)
            {
                throw new GraphException(
                    $"{form.Where}: axis {axis} of {x.Shape}, whose size must be known, can not be padded by {before} and {after}."
                );
            }

            IEnumerable<long> places = Enumerable.Range(0, (int)(size + before + after)).Select(i => (((i - before) % size) + size) % size);
            x = form.Builder.Gather(x, form.Builder.Ints([.. places]), axis);
        }

        form.OpType = "Identity";
        form.Inputs = [x];
        form.Attributes = [];
    }

    private static long[] Constants(NodeForm form, Value value, string meaning) =>
        value.Constant?.ToInt64() ?? throw new GraphException($"{form.Where}: {meaning} must be known when the graph is built.");

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
