using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>Where a recipe's <c>tasks.source</c> lies: below the data root, else as it stands.</summary>
internal static class SourcePath
{
    public static string Find(string family, string source, string dataRoot, Func<string, bool> exists)
    {
        string below = Path.Combine(dataRoot, source);
        if (exists(below))
        {
            return below;
        }

        if (exists(source))
        {
            return source;
        }

        string tried = below == source ? $"'{source}' is not there" : $"neither '{below}' nor '{source}' is there";
        throw new BundleException(
            $"{family}: {tried}. Correct tasks.source in the recipe, or name the folder that holds it with --data or "
                + $"{DataRoot.EnvironmentName}."
        );
    }
}
