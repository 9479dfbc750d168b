namespace Kindling.Evaluate;

/// <summary>What an evaluation on Omniglot's one-shot runs says beside its series; the members are the JSON contract.</summary>
public sealed class OneShotRunsReport
{
    /// <summary>The split that the bundle was trained on: <c>lake</c>, since others have seen characters of the runs.</summary>
    public required string Split { get; init; }

    /// <summary>Drawings to classify in all runs.</summary>
    public required int Trials { get; init; }

    /// <summary>Right ones of each run, one picture at a time, after the last step.</summary>
    public required IReadOnlyList<int> Correct { get; init; }
}
