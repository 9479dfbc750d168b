namespace Kindling.Evaluate.Checks.Operators;

/// <summary>What the cases of an operator show.</summary>
public sealed class OperatorRow
{
    /// <summary>The operator.</summary>
    public required string Name { get; init; }

    /// <summary>Cases that were run.</summary>
    public required int Cases { get; init; }

    /// <summary>Whether the interpreter runs all of them.</summary>
    public required bool Interpreter { get; init; }

    /// <summary><c>yes</c>: all agree with finite differences, and one at least is not zero; <c>stops</c>: no gradient passes; <c>no</c>.</summary>
    public required string Gradient { get; init; }

    /// <summary>Likewise of the gradient of the gradient, which may be zero.</summary>
    public required string SecondOrder { get; init; }

    /// <summary>Whether ONNX Runtime gives what libtorch gives, gradients included.</summary>
    public required bool Parity { get; init; }

    /// <summary>Largest relative error against finite differences, of both orders.</summary>
    public required double LargestError { get; init; }

    /// <summary>Whether nothing is left open.</summary>
    public bool Passed => Interpreter && Parity && Gradient != "no" && SecondOrder != "no";
}
