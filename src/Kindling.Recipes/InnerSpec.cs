namespace Kindling.Recipes;

/// <summary>The inner rule: what adaptation does with a task's support set, in training and in the app alike.</summary>
public sealed class InnerSpec
{
    /// <summary><c>sgd</c>, <c>momentum</c>, <c>adam</c> or <c>adamw</c>.</summary>
    public string Optimizer { get; init; } = "sgd";

    /// <summary>Learning rate of every adapted parameter; where rates are learned, the one that they start from.</summary>
    public required double Rate { get; init; }

    /// <summary>
    /// <c>fixed</c>, or <c>learned</c>: one rate for each adapted parameter and training step, learned beside the meta-initialisation (MAML++,
    /// Antoniou et al. 2019, section 4). Steps beyond those of training take the last one's.
    /// </summary>
    public string Rates { get; init; } = "fixed";

    /// <summary>Steps per task in meta-training.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>Steps in the app and at test; as in training if absent.</summary>
    public int? AdaptationSteps { get; init; }

    /// <summary>Momentum of <c>momentum</c>.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Decay of the first moment (Adam, AdamW); 0 is Reptile's choice.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment (Adam, AdamW).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment (Adam, AdamW).</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay (AdamW).</summary>
    public double WeightDecay { get; init; }

    /// <summary>Which parameters adapt: <c>all</c>, <c>head</c> or <c>body</c>.</summary>
    public string Adapts { get; init; } = "all";

    /// <summary>Whether rates are learned.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool LearnsRates => Rates == "learned";

    /// <summary>Steps in the app and at test.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int StepsInApp => AdaptationSteps ?? Steps;

    internal IEnumerable<string> Faults()
    {
        if (Optimizer is not ("sgd" or "momentum" or "adam" or "adamw"))
        {
            yield return $"inner.optimizer: expected sgd, momentum, adam or adamw, got '{Optimizer}'";
        }

        if (!(Rate > 0) || !double.IsFinite(Rate))
        {
            yield return $"inner.rate: expected a positive number, got {Rate}";
        }

        if (Rates is not ("fixed" or "learned"))
        {
            yield return $"inner.rates: expected fixed or learned, got '{Rates}'";
        }

        if (Steps is < 1 or > 1000)
        {
            yield return $"inner.steps: expected 1 to 1000, got {Steps}";
        }

        if (AdaptationSteps is < 1 or > 1000)
        {
            yield return $"inner.adaptationSteps: expected 1 to 1000, got {AdaptationSteps}";
        }

        if (Adapts is not ("all" or "head" or "body"))
        {
            yield return $"inner.adapts: expected all, head or body, got '{Adapts}'";
        }
    }
}
