namespace Kindling.Autodiff;

/// <summary>An update rule and its hyper-parameters; formulas and defaults are those of torch.optim.</summary>
public sealed class OptimizerRule
{
    /// <summary>Kinds that <see cref="Kind"/> takes.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["sgd", "momentum", "adam", "adamw"];

    /// <summary><c>sgd</c>, <c>momentum</c>, <c>adam</c> or <c>adamw</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Share of the old direction that <c>momentum</c> keeps.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay: decoupled from the gradient in <c>adamw</c>, added to it (L2) in the others.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether the rule keeps <c>NAME.m</c>.</summary>
    public bool HasFirstMoment => Kind != "sgd";

    /// <summary>Whether the rule keeps <c>NAME.v</c> and <c>step</c>.</summary>
    public bool HasSecondMoment => Kind is "adam" or "adamw";
}
