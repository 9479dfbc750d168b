namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>Tests whose op set and operators are supported and that do not run all the same.</summary>
/// <param name="Reason">Why not.</param>
/// <param name="Engine">The engine that refuses, or null where the reader does.</param>
/// <param name="Message">What stands in the refusal.</param>
/// <param name="Tests">The tests.</param>
internal sealed record TestExclusion(string Reason, NodeEngine? Engine, string Message, params string[] Tests)
{
    public bool Covers(string test, NodeEngine engine) => (Engine is null || Engine == engine) && Tests.Contains(test);

    public override string ToString() => string.Join(", ", Tests);
}
