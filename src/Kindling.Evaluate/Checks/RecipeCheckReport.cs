namespace Kindling.Evaluate.Checks;

/// <summary>What `kindling check` reports of a recipe; the members are the JSON contract.</summary>
public sealed class RecipeCheckReport
{
    /// <summary>The recipe's name.</summary>
    public required string Model { get; init; }

    /// <summary>The recipe's meta-learner.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Inner steps that the outer gradient goes through.</summary>
    public required int Steps { get; init; }

    /// <summary>What the outer gradient is compared with, in words.</summary>
    public required string OuterGradient { get; init; }

    /// <summary>Largest relative error that passes.</summary>
    public double Threshold { get; init; } = FiniteDifferences.Threshold;

    /// <summary>Gradients of the support loss, from the graph that the app's adaptation runs: one for each adapted parameter.</summary>
    public required IReadOnlyList<TensorCheck> Support { get; init; }

    /// <summary>The outer gradient, as training takes it: one for each parameter; none for Reptile.</summary>
    public required IReadOnlyList<TensorCheck> Outer { get; init; }

    /// <summary>Whether every tensor passed.</summary>
    public bool Passed => Support.Concat(Outer).All(t => t.Passed);
}
