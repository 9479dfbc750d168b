namespace Kindling.Autodiff;

/// <summary>What happens to a gradient at an operator.</summary>
public enum GradientSupport
{
    /// <summary>The operator has no gradient rule: differentiating through it is an error.</summary>
    None,

    /// <summary>A rule takes the gradient on to the inputs.</summary>
    Rule,

    /// <summary>No gradient passes: a comparison, a position, a size or a constant.</summary>
    Stops,
}
