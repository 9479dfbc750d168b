using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Cli.Drafting;

/// <summary>The size of an episode that given data allow.</summary>
internal static class EpisodeChoice
{
    private const int MostWays = 5;
    private const int LeastClasses = 6;

    /// <summary>
    /// The most ways, up to five, that leave training at least twice as many classes; validation and test get a fifth each, at least one episode's worth.
    /// </summary>
    /// <exception cref="BundleException">Too few classes, or one with too few examples.</exception>
    public static EpisodeShape ForClasses(GroupSizes classes, string path, string examples)
    {
        if (classes.Count < LeastClasses)
        {
            throw new BundleException(
                $"{path}: {classes.Count} classes are too few, at least {LeastClasses} are needed: a task takes 2, and training, validation and test take "
                    + "theirs from different classes."
            );
        }

        RequireTwo(classes, path, $"class '{classes.Smallest}'", examples);
        int ways = MostWays;
        while (ways > 2 && classes.Count - (2 * Math.Max(ways, (int)(classes.Count * TaskSpec.DefaultValidationFraction))) < 2 * ways)
        {
            ways--;
        }

        return new EpisodeShape(
            ways,
            Math.Clamp(classes.Least / 4, 1, 5),
            Math.Clamp(classes.Least - Math.Clamp(classes.Least / 4, 1, 5), 1, 5)
        );
    }

    /// <summary>Half of a task's rows to adapt to, up to ten, and as many to judge by.</summary>
    /// <exception cref="BundleException">Too few tasks, or one with too few rows.</exception>
    public static EpisodeShape ForTasks(GroupSizes tasks, string path)
    {
        if (tasks.Count < 3)
        {
            throw new BundleException(
                $"{path}: {tasks.Count} tasks are too few, at least 3 are needed: one each for training, validation and test. More are better."
            );
        }

        RequireTwo(tasks, path, $"task '{tasks.Smallest}'", "rows");
        int shots = Math.Clamp(tasks.Least / 2, 1, 10);
        return new EpisodeShape(1, shots, Math.Clamp(tasks.Least - shots, 1, 10));
    }

    private static void RequireTwo(GroupSizes groups, string path, string smallest, string examples)
    {
        if (groups.Least < 2)
        {
            throw new BundleException(
                $"{path}: {smallest} has {groups.Least} of the {examples}, at least 2 are needed: one to adapt to and one to judge by."
            );
        }
    }
}
