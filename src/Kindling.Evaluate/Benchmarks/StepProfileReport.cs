namespace Kindling.Evaluate.Benchmarks;

/// <summary>What `kindling bench profile` reports; the members are the JSON contract.</summary>
public sealed class StepProfileReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Steps that were profiled.</summary>
    public required int Steps { get; init; }

    /// <summary>Time within operators; profiling itself makes a step slower.</summary>
    public required double MicrosecondsPerStep { get; init; }

    /// <summary>The operators, those that take most first.</summary>
    public required IReadOnlyList<StepProfileEntry> Operators { get; init; }
}
