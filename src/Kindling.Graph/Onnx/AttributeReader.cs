using Kindling.Graphs.Onnx.Proto;
using Kind = Kindling.Graphs.Onnx.Proto.AttributeProto.Types.Kind;

namespace Kindling.Graphs.Onnx;

/// <summary>Turns the format's attributes into plain values.</summary>
internal static class AttributeReader
{
    public static SortedDictionary<string, object> Read(IEnumerable<AttributeProto> attributes, string where, TensorSource tensors)
    {
        SortedDictionary<string, object> result = new(StringComparer.Ordinal);
        foreach (AttributeProto attribute in attributes)
        {
            if (attribute.Name.Length == 0 || !result.TryAdd(attribute.Name, Value(attribute, where, tensors)))
            {
                throw new GraphException($"{where}: attribute '{attribute.Name}' is given twice or has no name.");
            }
        }

        return result;
    }

    /// <summary>The tensor of a Constant node, in any of its forms.</summary>
    public static Tensor Constant(NodeForm form)
    {
        if (form.Attributes.Count != 1 || form.Inputs.Count > 0)
        {
            throw new GraphException(
                $"{form.Where}: expected one attribute and no inputs, got {form.Attributes.Count} and {form.Inputs.Count}."
            );
        }

        (string name, object value) = form.Attributes.First();
        return (name, value) switch
        {
            ("value", Tensor tensor) => tensor,
            ("value_float", float number) => Tensor.Scalar(number),
            ("value_floats", float[] numbers) => Tensor.Vector(numbers),
            ("value_int", long number) => Tensor.Scalar(number),
            ("value_ints", long[] numbers) => Tensor.Vector(numbers),
            _ => throw new GraphException($"{form.Where}: attribute '{name}' of a constant is not supported."),
        };
    }

    private static object Value(AttributeProto attribute, string where, TensorSource tensors)
    {
        string what = $"{where}: attribute '{attribute.Name}'";
        return attribute.RefAttrName.Length > 0
            ? throw new GraphException($"{what} refers to a function's attribute '{attribute.RefAttrName}'.")
            : Type(attribute) switch
            {
                Kind.Float => attribute.F,
                Kind.Int => attribute.I,
                Kind.String => attribute.S.ToStringUtf8(),
                Kind.Tensor when attribute.T is not null => tensors.Read(attribute.T, what),
                Kind.Floats => attribute.Floats.ToArray(),
                Kind.Ints => attribute.Ints.ToArray(),
                Kind.Strings => attribute.Strings.Select(s => s.ToStringUtf8()).ToArray(),
                Kind type => throw new GraphException($"{what} is of kind {type}, which is not supported."),
            };
    }

    // Files of the first IR versions do not say the kind.
    private static Kind Type(AttributeProto attribute) =>
        attribute.Type != Kind.Undefined ? attribute.Type
        : attribute.HasF ? Kind.Float
        : attribute.HasI ? Kind.Int
        : attribute.HasS ? Kind.String
        : attribute.T is not null ? Kind.Tensor
        : attribute.Floats.Count > 0 ? Kind.Floats
        : attribute.Ints.Count > 0 ? Kind.Ints
        : attribute.Strings.Count > 0 ? Kind.Strings
        : Kind.Undefined;
}
