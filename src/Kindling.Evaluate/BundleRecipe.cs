using Kindling.Bundles;
using Kindling.Recipes;

namespace Kindling.Evaluate;

/// <summary>The recipe that a bundle carries.</summary>
internal static class BundleRecipe
{
    /// <summary>Reads it.</summary>
    /// <exception cref="BundleException">The bundle holds none.</exception>
    public static Recipe Of(BundleManifest manifest, string path) =>
        Recipe.Parse(
            manifest.Recipe?.GetRawText()
                ?? throw new BundleException($"{path}: the bundle holds no recipe, so its network and tasks are unknown."),
            path,
            name =>
            {
                using BundleFiles bundle = BundleFiles.Open(path);
                return bundle.Read(name);
            }
        );

    /// <summary>Whether the tasks of a bundle at a path are worlds to act in. One without a recipe has none.</summary>
    public static bool IsControl(string path)
    {
        using BundleFiles files = BundleFiles.Open(path);
        return files.Manifest.Recipe is not null && Of(files.Manifest, path).Tasks.IsControl;
    }
}
