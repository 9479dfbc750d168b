using System.Text.Json.Serialization;
using Kindling.Evaluate.Languages;

namespace Kindling.Evaluate;

/// <summary>What `kindling eval` reports; the members are the JSON contract. Accuracies are fractions.</summary>
public sealed partial class EvaluationReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Engine that adapted the bundle and predicted; baselines run on ONNX Runtime.</summary>
    public required string Engine { get; init; }

    /// <summary>
    /// <c>accuracy</c>, <c>bitsPerByte</c>, <c>mAP@0.5</c>, <c>mse</c>, or <c>return</c>: the mean sum of rewards of an episode; shots and queries count episodes then.
    /// </summary>
    public required string Metric { get; init; }

    /// <summary>Test episodes.</summary>
    public required int Episodes { get; init; }

    /// <summary>Classes of an episode; 1 for regression.</summary>
    public required int Ways { get; init; }

    /// <summary>Support examples a class.</summary>
    public required int Shots { get; init; }

    /// <summary>Query examples a class.</summary>
    public required int Queries { get; init; }

    /// <summary>Seed of the episodes.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Numbers of adaptation steps: 0 to the last.</summary>
    public required IReadOnlyList<int> Steps { get; init; }

    /// <summary>Query set classified as one batch.</summary>
    public required MetricSeries Transductive { get; init; }

    /// <summary>Query examples one at a time, as an app sees them.</summary>
    public required MetricSeries Inductive { get; init; }

    /// <summary>Other ways to solve the same episodes, query examples one at a time: <c>random</c>, <c>joint</c>, <c>centroid</c> or <c>ridge</c>, for texts <c>tfidf</c>; for languages <c>scratch</c>, <c>joint</c>, <c>gzip</c>, <c>xz</c> and <c>ppmd</c>.</summary>
    public required IReadOnlyDictionary<string, MetricSeries> Baselines { get; init; }

    /// <summary>What was chosen on validation tasks: the inner rate of <c>joint</c>, the strength of <c>ridge</c>.</summary>
    public required IReadOnlyDictionary<string, double> BaselineSettings { get; init; }

    /// <summary>Baselines that could not be measured, and why.</summary>
    public required IReadOnlyDictionary<string, string> AbsentBaselines { get; init; }

    /// <summary>Only with <see cref="EvaluationOptions.OneShotRuns"/>: what the runs were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OneShotRunsReport? OneShotRuns { get; init; }

    /// <summary>Only where the tasks have inputs of no class: how well those are told from the query examples.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OutsideReport? Outside { get; init; }

    /// <summary>Only where outputs are actions: the return of an episode of acting in the task's world.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MetricSeries? Returns { get; init; }

    /// <summary>Only where the tasks are languages: the figures of each, those that are not in the means last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LanguageFigures>? Languages { get; init; }

    /// <summary>Milliseconds of one adaptation step.</summary>
    public required double MillisecondsPerStep { get; init; }
}
