using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Recipes;

namespace Kindling.Evaluate;

/// <summary>The recipe that a bundle carries.</summary>
internal static class BundleRecipe
{
    /// <summary>Reads it.</summary>
    /// <exception cref="BundleException">The bundle holds none.</exception>
    public static Recipe Of(AdaptableModel model, string path) =>
        Recipe.Parse(
            model.Manifest.Recipe?.GetRawText()
                ?? throw new BundleException($"{path}: the bundle holds no recipe, so its tasks are unknown."),
            path
        );
}
