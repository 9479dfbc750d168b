namespace Kindling.Bundles;

/// <summary>Where an adaptation stands.</summary>
public sealed class AdaptProgress
{
    /// <summary>Steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Steps to do.</summary>
    public required int Steps { get; init; }

    /// <summary>Mean loss of the support set at the parameters before this step.</summary>
    public required float Loss { get; init; }
}
