using Kindling.Autodiff;
using Kindling.Networks;

namespace Kindling.Recipes;

/// <summary>What a recipe's inner rule means for the optimiser and for each parameter.</summary>
public static class InnerRules
{
    /// <summary>The optimiser.</summary>
    public static OptimizerRule Rule(this InnerSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new()
        {
            Kind = spec.Optimizer,
            Momentum = spec.Momentum,
            Beta1 = spec.Beta1,
            Beta2 = spec.Beta2,
            Epsilon = spec.Epsilon,
            WeightDecay = spec.WeightDecay,
        };
    }

    /// <summary>Whether a parameter moves in the inner loop.</summary>
    public static bool Adapts(this InnerSpec spec, ParameterSpec parameter)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(parameter);
        return spec.Adapts switch
        {
            _ when parameter.IsFrozen => false,
            "all" => true,
            "head" => parameter.IsHead,
            "body" => !parameter.IsHead,
            _ => NamePatterns.Match(spec.Adapts, parameter.Name),
        };
    }

    /// <summary>A sentence about what of <c>inner.adapts</c> matches no parameter, or null: a pattern that does not exclude, or the whole.</summary>
    internal static string? AdaptsFault(this InnerSpec spec, IReadOnlyList<ParameterSpec> parameters)
    {
        string[] names = [.. parameters.Where(p => !p.IsFrozen).Select(p => p.Name)];
        string[] patterns = spec.Adapts is "all" or "head" or "body" ? [] : NamePatterns.Included(spec.Adapts);
        string[] idle = [.. patterns.Where(pattern => !names.Any(name => NamePatterns.Match(pattern, name)))];
        if (idle.Length == 0 && !parameters.Any(p => spec.Adapts(p)))
        {
            idle = [spec.Adapts];
        }

        return idle.Length == 0
            ? null
            : $"inner.adapts: '{string.Join("', '", idle)}' matches none of the parameters that can adapt: {(names.Length == 0 ? "there are none" : string.Join(", ", names))}.";
    }
}
