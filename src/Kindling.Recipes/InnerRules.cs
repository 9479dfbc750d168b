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
}
