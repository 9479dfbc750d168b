namespace Kindling.Evaluate.Streams;

/// <summary>What one stream showed of a learner.</summary>
internal sealed class StreamCourse
{
    /// <summary>The metric on each segment after 0, 1, ... of them.</summary>
    public List<double[]> Matrix { get; } = [];

    /// <summary>Loss of what came before it was adapted to; of a policy its return.</summary>
    public List<double> Online { get; } = [];

    /// <summary>Boundaries at which it started again.</summary>
    public int Found { get; private set; }

    /// <summary>Other places where it did.</summary>
    public int False { get; private set; }

    /// <summary>Notes what came, and whether the learner started again there.</summary>
    /// <param name="online">Loss or return.</param>
    /// <param name="startedAgain">Whether it did.</param>
    /// <param name="atBoundary">Whether a segment, and not the stream, begins there.</param>
    public void Add(double online, bool startedAgain, bool atBoundary)
    {
        Online.Add(online);
        Found += startedAgain && atBoundary ? 1 : 0;
        False += startedAgain && !atBoundary ? 1 : 0;
    }
}
