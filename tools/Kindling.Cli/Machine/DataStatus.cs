using Kindling.Tasks;

namespace Kindling.Cli.Machine;

/// <summary>Where data sets are looked for and which are there.</summary>
internal sealed record DataStatus
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>What named it.</summary>
    public required string NamedBy { get; init; }

    /// <summary>Whether each data set that a task family knows by name is there.</summary>
    public required IReadOnlyDictionary<string, bool> Sets { get; init; }

    /// <summary>Other folders in it, for <c>tasks.source</c>.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    public static DataStatus Find()
    {
        string? environment = Environment.GetEnvironmentVariable(DataRoot.EnvironmentName);
        string folder = DataRoot.Find(null, environment);
        string[] present = Directory.Exists(folder)
            ? [.. Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)]
            : [];
        return new DataStatus
        {
            Folder = folder,
            NamedBy = string.IsNullOrWhiteSpace(environment) ? "default" : DataRoot.EnvironmentName,
            Sets = TaskFamilies.DataSets.ToDictionary(name => name, present.Contains),
            Others = [.. present.Except(TaskFamilies.DataSets)],
        };
    }
}
