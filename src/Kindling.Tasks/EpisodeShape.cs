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

    internal void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Ways);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Shots);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Queries);
    }
}
