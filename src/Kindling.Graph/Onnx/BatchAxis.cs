namespace Kindling.Graphs.Onnx;

/// <summary>Lets a model that was exported for batches of one take any number of examples.</summary>
/// <param name="filled">Inputs that are no examples and whose free sizes are the number of examples.</param>
/// <param name="sizes">Sizes of an example for models that leave some free; null leaves them so.</param>
internal sealed class BatchAxis(IReadOnlyCollection<string> filled, IReadOnlyList<int>? sizes = null)
{
    /// <summary>The symbol of the number of examples.</summary>
    public const string Symbol = "batch";

    /// <summary>The shape of an input with its first size free, if that was 1 or unknown.</summary>
    public Shape Of(string input, Shape declared) =>
        filled.Contains(input) ? new Shape(declared.Select(d => d.IsKnown ? d : Dimension.Named(Symbol)))
        : declared.Rank == 0 || (declared[0].IsKnown && !declared[0].Is(1)) ? declared
        : sizes is null || sizes.Count != declared.Rank - 1 ? new Shape([Symbol, .. declared.Skip(1)])
        : declared.Skip(1).Zip(sizes).All(d => !d.First.IsKnown || d.First.Is(d.Second))
            ? new Shape([Symbol, .. sizes.Select(s => Dimension.Of(s))])
        : throw new GraphException($"Input '{input}' {declared} does not take examples [{string.Join(", ", sizes)}].");

    /// <summary>A Reshape to [1, ...] of something whose first axis is the batch keeps that axis.</summary>
    public static void Keep(NodeForm form)
    {
        if (
            form.OpType == "Reshape"
            && form.Optional(0) is { Rank: > 0 } x
            && x.Shape[0].Symbol == Symbol
            && form.Optional(1)?.Constant is { Type: ElementType.Int64 } target
            && target.ToInt64() is [1, .. var others]
            && form.Int("allowzero", 0) == 0
        )
        {
            form.Inputs = [x, form.Builder.Ints([0, .. others])];
        }
    }
}
