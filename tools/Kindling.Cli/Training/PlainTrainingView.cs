using Kindling.Train.Session;

namespace Kindling.Cli.Training;

/// <summary>Progress of training where nobody looks at a terminal: a line every ten seconds, and one at every validation and at the end.</summary>
internal sealed class PlainTrainingView(TimeProvider time) : ITrainingView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private long? last;

    public void Begin(string name) => Console.Error.WriteLine(name);

    public void Report(TrainingProgress value)
    {
        string validation = value.Validation is { } metrics
            ? $"  validation before {metrics[0]:0.0000}, after {metrics.Count - 1} steps {metrics[^1]:0.0000}"
            : "";
        bool keep = validation.Length > 0 || value.Iteration == value.Iterations;
        if (keep || last is null || time.GetElapsedTime(last.Value) >= Interval)
        {
            Console.Error.WriteLine(
                $"{value.Stage} {value.Iteration}/{value.Iterations}  loss {value.Loss:0.0000}  {value.TasksPerSecond:0} tasks/s  {value.Remaining:hh\\:mm\\:ss} left{validation}{(value.HasConverged ? "  no better any more: stops" : "")}"
            );
            last = time.GetTimestamp();
        }
    }
}
