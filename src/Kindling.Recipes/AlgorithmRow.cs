namespace Kindling.Recipes;

/// <summary>A meta-learner as recipes name it: where it comes from, and what it fixes of a recipe.</summary>
public sealed class AlgorithmRow
{
    internal const string MultiStep = "multiStep";
    internal const string FirstOrder = "firstOrder";
    internal const string ConjugateSteps = "conjugateSteps";

    /// <summary>The name in <c>algorithm.type</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What it is called in the literature.</summary>
    public required string Title { get; init; }

    /// <summary>The publication.</summary>
    public required string Source { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>A name from the article that inspired this project, which no publication has, and which this method stands in for.</summary>
    public string? StandsInFor { get; init; }

    /// <summary>The <c>inner.adapts</c> that it means; null where the recipe chooses.</summary>
    public string? Adapts { get; init; }

    /// <summary>The <c>inner.rates</c> that it means; null where the recipe chooses.</summary>
    public string? Rates { get; init; }

    /// <summary>The <c>inner.loss</c> that it means; null where the recipe chooses one that is not learned.</summary>
    public string? Loss { get; init; }

    /// <summary>Whether rates may be learned.</summary>
    public bool LearnsRates { get; init; } = true;

    /// <summary>Whether its gradient goes through all the inner steps, so that it may compute them again instead of keeping them.</summary>
    public bool GoesThroughSteps { get; init; }

    /// <summary>Whether it descends the outer loop's loss.</summary>
    public bool DescendsOuterLoss { get; init; } = true;

    /// <summary>Members of <c>algorithm</c> that it reads and others do not.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>Other things that it asks of a recipe: a fault each, where the recipe lacks them.</summary>
    public Func<Recipe, IEnumerable<string>> Needs { get; init; } = _ => [];

    internal bool Has(string member) => Members.Contains(member);
}
