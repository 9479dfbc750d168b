namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>Operators of the suite that Kindling does not have, with one reason.</summary>
internal sealed record OperatorExclusion(string Reason, params string[] Operators)
{
    public override string ToString() => string.Join(", ", Operators);
}
