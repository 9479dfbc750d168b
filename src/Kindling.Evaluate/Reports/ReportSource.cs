namespace Kindling.Evaluate.Reports;

/// <summary>What a report is about.</summary>
public sealed class ReportSource
{
    /// <summary>The bundle that is evaluated.</summary>
    public required string Bundle { get; init; }

    /// <summary>What the report calls it; the path that the user named.</summary>
    public required string Subject { get; init; }

    /// <summary>Folder of the training's checkpoint, which holds its curves; null where there is none.</summary>
    public string? Training { get; init; }
}
