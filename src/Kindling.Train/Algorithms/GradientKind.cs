namespace Kindling.Train.Algorithms;

/// <summary>What the gradient of a meta-learner is, and so how it can be checked.</summary>
internal enum GradientKind
{
    /// <summary>That of the loss that it reports.</summary>
    Exact,

    /// <summary>That of the loss that it reports with the inner gradients as the constants that they are at this point.</summary>
    ConstantInner,

    /// <summary>No gradient of the loss that it reports; its file says what else.</summary>
    Direction,
}
