using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>The size of an episode.</summary>
/// <param name="Ways">Classes in an episode; 1 for regression.</param>
/// <param name="Shots">Support examples a class; for regression support points.</param>
/// <param name="Queries">Query examples a class; for regression query points.</param>
public sealed record EpisodeShape(int Ways, int Shots, int Queries)
{
    /// <summary>Examples in the support set.</summary>
    public int SupportCount => Ways * Shots;

    /// <summary>Examples in the query set.</summary>
    public int QueryCount => Ways * Queries;

    /// <summary>Refuses what no array holds.</summary>
    /// <param name="family">Stands in the message.</param>
    /// <param name="size">Numbers of an example.</param>
    internal void ThrowIfTooLarge(string family, int size)
    {
        int each = Math.Max(Shots, Queries);
        long numbers = (long)Ways * each * size;
        if (numbers > Array.MaxLength)
        {
            throw new BundleException(
                $"{family}: {Ways} times {each} examples of {size} numbers make {numbers}: an episode takes at most {Array.MaxLength} to adapt to and as many for queries."
            );
        }
    }

    internal void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Ways);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Shots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Queries);
    }
}
