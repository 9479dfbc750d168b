namespace Kindling.Train.Meta;

/// <summary>What gradients of an adapted parameter see of the steps that led there.</summary>
internal enum InnerFlow
{
    /// <summary>Nothing: each step starts from new constants, so that memory does not grow with the steps.</summary>
    None,

    /// <summary>The updates, with their gradients as constants: first order.</summary>
    FirstOrder,

    /// <summary>Everything: second order.</summary>
    Exact,
}
