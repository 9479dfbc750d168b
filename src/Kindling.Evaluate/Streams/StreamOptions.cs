using Kindling.Tasks;

namespace Kindling.Evaluate.Streams;

/// <summary>Which streams a bundle's learners follow. Where nothing is said, the recipe decides.</summary>
public sealed class StreamOptions
{
    /// <summary>Default of <see cref="Streams"/>.</summary>
    public const int DefaultStreams = 100;

    /// <summary>Default of <see cref="Segments"/> of a regression.</summary>
    public const int DefaultSegments = 10;

    /// <summary>Streams; 100 by default.</summary>
    public int Streams { get; init; } = DefaultStreams;

    /// <summary>Tasks of a stream, for a regression; 10 if null. A classification's segments are the classes of one task.</summary>
    public int? Segments { get; init; }

    /// <summary>
    /// Examples that come together; 1 if null, of worlds to act in the episodes that the recipe takes a step on. 0: each segment whole, so that the learner knows its
    /// boundaries.
    /// </summary>
    public int? Part { get; init; }

    /// <summary>
    /// Tasks, their size, their source and their seed; the number of episodes and of steps is not read. A segment has as many examples as the recipe's support set, of worlds to
    /// act in three times its episodes, where <see cref="EvaluationOptions.Shots"/> says nothing else.
    /// </summary>
    public EvaluationOptions Tasks { get; init; } = new();

    /// <summary>All faults at once; empty when the options are valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [.. Tasks.Validate()];
        if (Streams is < 1 or > TaskSpec.MaximumCount)
        {
            faults.Add($"Streams: expected 1 to {TaskSpec.MaximumCount}, got {Streams}.");
        }

        if (Segments is < 2 or > 1000)
        {
            faults.Add($"Segments: expected 2 to 1000, got {Segments}.");
        }

        if (Part < 0)
        {
            faults.Add($"Part: expected 0 or more, got {Part}.");
        }

        return faults;
    }
}
