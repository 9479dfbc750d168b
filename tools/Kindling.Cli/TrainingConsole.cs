using Kindling.Train.Session;

namespace Kindling.Cli;

/// <summary>Progress of training on standard error: one line that renews itself on a terminal, otherwise a line every ten seconds.</summary>
internal sealed class TrainingConsole(TimeProvider time) : IProgress<TrainingProgress>
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);
    private long? last;

    public void Report(TrainingProgress value)
    {
        string validation = value.Validation is { } metrics
            ? $"  validation before {metrics[0]:0.0000}, after {metrics.Count - 1} steps {metrics[^1]:0.0000}"
            : "";
        string line =
            $"{value.Stage} {value.Iteration}/{value.Iterations}  loss {value.Loss:0.0000}  {value.TasksPerSecond:0} tasks/s  {value.Remaining:hh\\:mm\\:ss} left{validation}";
        bool keep = validation.Length > 0 || value.Iteration == value.Iterations;
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r\u001b[K{line}{(keep ? "\n" : "")}");
        }
        else if (keep || last is null || time.GetElapsedTime(last.Value) >= PlainInterval)
        {
            Console.Error.WriteLine(line);
            last = time.GetTimestamp();
        }
    }
}
