using System.Globalization;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Evaluate.Importing;

/// <summary>Inputs of a model that get values instead of data.</summary>
internal sealed class FixedInputs
{
    private readonly Dictionary<string, (ElementType Type, string[] Shape, double[] Values)> inputs = new(StringComparer.Ordinal);

    public FixedInputs(OnnxSummary summary, IReadOnlyDictionary<string, string> fix)
    {
        foreach ((string name, string text) in fix)
        {
            OnnxPort port =
                summary.Inputs.FirstOrDefault(i => i.Name == name)
                ?? throw new GraphException(
                    $"it has no input '{name}' to fix; its inputs are {string.Join(", ", summary.Inputs.Select(i => i.Name))}."
                );
            if (!Enum.TryParse(port.Type, out ElementType type) || !Enum.IsDefined(type) || port.Shape is null)
            {
                throw new GraphException($"input '{port}' can not be fixed: its type or its rank is not known.");
            }

            inputs[name] = (type, [.. port.Shape], Values(port, text));
        }
    }

    /// <summary>One input that is 0.</summary>
    public FixedInputs(OnnxPort port) => inputs[port.Name] = (Enum.Parse<ElementType>(port.Type), [.. port.Shape ?? []], [0]);

    /// <summary>Those whose sizes are known: they are constants before anything is inferred.</summary>
    public IReadOnlyDictionary<string, Tensor> Constants =>
        inputs.Where(i => IsKnown(i.Value.Shape)).ToDictionary(i => i.Key, i => Value(i.Key, examples: 1), StringComparer.Ordinal);

    /// <summary>Those with free sizes, which take as many as there are examples.</summary>
    public IEnumerable<string> Filled => inputs.Where(i => !IsKnown(i.Value.Shape)).Select(i => i.Key);

    /// <summary>The value for so many examples.</summary>
    public Tensor Value(string name, int examples)
    {
        (ElementType type, string[] shape, double[] values) = inputs[name];
        long[] sizes =
        [
            .. shape.Select(s => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? size : examples),
        ];
        long count = sizes.Aggregate(1L, (a, b) => a * b);
        return values.Length == 1 || values.Length == count
            ? Repeated(type, sizes, values.Length == 1 ? [.. Enumerable.Repeat(values[0], (int)count)] : values)
            : throw new GraphException($"input '{name}' has {count} numbers, --fix gives {values.Length}.");
    }

    /// <summary>A tensor in the graph, as large as the examples of <paramref name="x"/> are many.</summary>
    public Value Fill(GraphBuilder b, string name, Value x)
    {
        (ElementType type, string[] shape, double[] values) = inputs[name];
        if (values.Length != 1)
        {
            throw new GraphException(
                $"input '{name}' [{string.Join(", ", shape)}] has sizes that are free: --fix takes one number for all of it."
            );
        }

        Value examples = b.Gather(b.ShapeOf(x), b.Ints(0));
        Value sizes = b.Op(
            "Concat",
            shape.Select(s => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? b.Ints(size) : examples),
            ("axis", 0)
        );
        return b.Op("Expand", [b.Constant(Repeated(SinglePrecision.Single(type), [], values)), sizes]);
    }

    private static bool IsKnown(string[] shape) => shape.All(s => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static double[] Values(OnnxPort port, string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        double[] values = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            values[i] =
                double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
                : bool.TryParse(parts[i], out bool flag) ? Convert.ToDouble(flag, CultureInfo.InvariantCulture)
                : throw new GraphException($"input '{port}': expected a number, got '{parts[i]}'.");
        }

        return values;
    }

    private static Tensor Repeated(ElementType type, long[] sizes, double[] values) =>
        type switch
        {
            ElementType.Float => Tensor.Of<float>([.. values.Select(v => (float)v)], sizes),
            ElementType.Double => Tensor.Of<double>(values, sizes),
            ElementType.Float16 => Tensor.Of<Half>([.. values.Select(v => (Half)v)], sizes),
            ElementType.Int64 => Tensor.Of<long>([.. values.Select(v => (long)v)], sizes),
            ElementType.Int32 => Tensor.Of<int>([.. values.Select(v => (int)v)], sizes),
            ElementType.Bool => Tensor.Of<bool>([.. values.Select(v => v != 0)], sizes),
            _ => throw new GraphException($"an input of {type} can not be fixed."),
        };
}
