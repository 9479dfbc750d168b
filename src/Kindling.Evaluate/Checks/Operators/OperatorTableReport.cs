namespace Kindling.Evaluate.Checks.Operators;

/// <summary>What `kindling check --operators` reports; the members are the JSON contract.</summary>
public sealed class OperatorTableReport
{
    /// <summary>Every operator that is read.</summary>
    public required IReadOnlyList<OperatorRow> Operators { get; init; }

    /// <summary>Operators that are read and that the interpreter runs.</summary>
    public int Imported => Operators.Count(o => o.Interpreter);

    /// <summary>Operators whose gradient passed the checker in double, and is not zero.</summary>
    public int Differentiated => Operators.Count(o => o.Gradient == "yes");

    /// <summary>Those whose gradient's gradient passed as well.</summary>
    public int DifferentiatedTwice => Operators.Count(o => o.Gradient == "yes" && o.SecondOrder == "yes");

    /// <summary>Operators that no gradient passes: comparisons, roundings, sizes.</summary>
    public int Stops => Operators.Count(o => o.Gradient == "stops");

    /// <summary>Operators of which ONNX Runtime and libtorch agree.</summary>
    public int InParity => Operators.Count(o => o.Parity);

    /// <summary>Operators that are read, and of which no case shows that they work, or one shows that they do not.</summary>
    public IReadOnlyList<string> Open => [.. Operators.Where(o => !o.Passed).Select(o => o.Name)];
}
