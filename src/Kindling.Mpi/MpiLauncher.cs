using System.Globalization;

namespace Kindling.Mpi;

/// <summary>What started this process as one of several, as the environment tells.</summary>
public sealed class MpiLauncher
{
    // In the order of what they tell: Open MPI 4 sets PMIX_RANK as well.
    private static readonly Kind[] Kinds =
    [
        new("mpirun of Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", MpiLibrary.OpenMpiFirst, "Open MPI"),
        new("mpirun of MPICH or its kin", "PMI_RANK", "PMI_SIZE", MpiLibrary.MpichFirst, ""),
        new("a launcher with PMIx", "PMIX_RANK", null, MpiLibrary.OpenMpiFirst, ""),
    ];

    private readonly Kind kind;

    private MpiLauncher(Kind kind, int rank, int? count)
    {
        this.kind = kind;
        (Rank, Count) = (rank, count);
    }

    /// <summary>Its name, for messages.</summary>
    public string Name => kind.Name;

    /// <summary>The variable that gives it away, for messages.</summary>
    public string Variable => kind.RankVariable;

    /// <summary>The number that it gave this process.</summary>
    public int Rank { get; }

    /// <summary>How many processes it started; null where it does not say.</summary>
    public int? Count { get; }

    /// <summary>Files of the libraries that may speak its language, the likeliest first.</summary>
    internal IReadOnlyList<string> Files => kind.Files;

    /// <summary>The launcher of this process; null if it was started as any other program.</summary>
    /// <param name="environment">The value of an environment variable; null where it is not set.</param>
    public static MpiLauncher? Find(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        foreach (Kind candidate in Kinds)
        {
            if (Number(environment(candidate.RankVariable)) is { } rank)
            {
                return new(candidate, rank, candidate.CountVariable is { } variable ? Number(environment(variable)) : null);
            }
        }

        return null;
    }

    /// <summary>Whether a library of this version can be its own. All speak the one interface of <c>libmpi_abi</c>, but each its own language with its launcher.</summary>
    internal bool Takes(string version) => version.StartsWith(kind.VersionStart, StringComparison.Ordinal);

    private static int? Number(string? text) => int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : null;

    private sealed record Kind(string Name, string RankVariable, string? CountVariable, IReadOnlyList<string> Files, string VersionStart);
}
