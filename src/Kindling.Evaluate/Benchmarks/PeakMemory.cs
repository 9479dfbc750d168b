using System.Globalization;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>The most memory that the process held while some work ran, where the system says so (Linux).</summary>
internal static class PeakMemory
{
    private const string Reset = "/proc/self/clear_refs";
    private const string Status = "/proc/self/status";
    private const string Peak = "VmHWM:";

    /// <summary>Runs the work.</summary>
    /// <returns>Most resident bytes during it; null where the system does not tell.</returns>
    public static long? Of(Action work)
    {
        try
        {
            // 5: the peak begins anew at what is resident now
            File.WriteAllText(Reset, "5");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        work();
        string line = File.ReadLines(Status).First(l => l.StartsWith(Peak, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Peak.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
