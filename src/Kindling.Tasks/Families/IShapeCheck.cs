using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>A family whose data may be too few for a shape, which it can say before the first draw.</summary>
internal interface IShapeCheck
{
    /// <summary>Returns if every draw of this shape will succeed.</summary>
    /// <exception cref="BundleException">There are too few classes (tasks), or one has too few examples, or no array holds an episode.</exception>
    void Require(Split split, EpisodeShape shape);
}
