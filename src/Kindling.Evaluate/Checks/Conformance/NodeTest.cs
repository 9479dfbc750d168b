using Kindling.Graphs.Onnx;
using Kindling.Graphs.Ops;

namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>One test of the suite: a model, serialised inputs and the outputs that it must give.</summary>
internal sealed class NodeTest
{
    public required string Name { get; init; }

    public required byte[] Model { get; init; }

    /// <summary>Op set of ai.onnx, or null where the model uses another domain only.</summary>
    public required long? Opset { get; init; }

    public required IReadOnlyList<string> Operators { get; init; }

    /// <summary>Names of the model's inputs.</summary>
    public required IReadOnlyList<string> InputNames { get; init; }

    /// <summary>Serialised values, in the order of the model's inputs.</summary>
    public required IReadOnlyList<byte[]> Inputs { get; init; }

    public required IReadOnlyList<byte[]> Outputs { get; init; }

    /// <summary>Whether its op set is one that the reader takes.</summary>
    public bool IsOfReadOpset => Opset is >= OpsetConversion.Oldest and <= OpsetConversion.Newest;

    /// <summary>Operators that the reader does not take at the test's op set.</summary>
    public IEnumerable<string> UnknownOperators =>
        Operators.Where(o =>
            o != "Constant" && !OpRegistry.Contains(o, "") && !Decompositions.Contains(o) && !OpsetConversion.Renames(o, Opset ?? 0)
        );

    /// <summary>Whether the reader ought to take it: op set and operators are supported.</summary>
    public bool IsInScope => IsOfReadOpset && !UnknownOperators.Any();

    public override string ToString() => Name;
}
