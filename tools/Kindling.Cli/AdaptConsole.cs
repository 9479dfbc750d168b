using Kindling.Bundles;

namespace Kindling.Cli;

/// <summary>Progress of an adaptation on standard error: one line that renews itself on a terminal, otherwise a line every ten seconds.</summary>
internal sealed class AdaptConsole(TimeProvider time) : IProgress<AdaptProgress>
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);
    private long last = time.GetTimestamp();

    public void Report(AdaptProgress value)
    {
        string line = $"step {value.Step} of {value.Steps}, loss {value.Loss:0.0000}";
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r\u001b[K{line}{(value.Step == value.Steps ? "\n" : "")}");
        }
        else if (time.GetElapsedTime(last) >= PlainInterval)
        {
            Console.Error.WriteLine(line);
            last = time.GetTimestamp();
        }
    }
}
