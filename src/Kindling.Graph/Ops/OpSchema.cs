namespace Kindling.Graphs.Ops;

/// <summary>What is known of one operator: its arity and how output types and shapes follow from the inputs.</summary>
/// <param name="Name">Operator, as ONNX names it.</param>
/// <param name="MinInputs">Inputs that must be present.</param>
/// <param name="MaxInputs">Inputs at most.</param>
/// <param name="MaxOutputs">Outputs at most.</param>
/// <param name="Attributes">Attributes that are understood; any other is refused.</param>
/// <param name="Infer">Sets type and shape of the outputs.</param>
public sealed record OpSchema(
    string Name,
    int MinInputs,
    int MaxInputs,
    int MaxOutputs,
    IReadOnlyList<string> Attributes,
    Action<InferenceContext> Infer
)
{
    /// <summary>Outputs that a node has in any case, whether asked for or not.</summary>
    public int MinOutputs { get; init; } = 1;
}
