namespace Kindling.Tasks;

/// <summary>Where real data sets lie.</summary>
public static class DataRoot
{
    /// <summary>The environment variable that names the folder of data sets.</summary>
    public const string EnvironmentName = "KINDLING_DATA";

    /// <summary>The folder that is used when nothing names one.</summary>
    public const string DefaultFolder = "data";

    /// <summary>The first of the three that is given and not blank.</summary>
    /// <param name="named">The value of <c>--data</c>, or null.</param>
    /// <param name="environment">The value of <c>KINDLING_DATA</c>, or null.</param>
    /// <param name="fallback">The folder used otherwise.</param>
    public static string Find(string? named, string? environment, string fallback = DefaultFolder)
    {
        foreach (string? candidate in (ReadOnlySpan<string?>)[named, environment])
        {
            if (!string.IsNullOrWhiteSpace(candidate))
            {
                return candidate;
            }
        }

        return fallback;
    }

    /// <summary>What to do about missing data, the end of every message about it.</summary>
    internal const string Remedy = "Run `make data`, or name the folder that holds the data sets with --data or KINDLING_DATA.";
}
