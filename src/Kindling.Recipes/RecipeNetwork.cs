using Kindling.Networks;

namespace Kindling.Recipes;

/// <summary>The network of a recipe.</summary>
public static class RecipeNetwork
{
    /// <summary>Builds it, with its adapters and the loss that its inner rule learns, if any.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="inputShape">Shape of one input, without the batch.</param>
    /// <param name="outputs">Values or head slots per example.</param>
    /// <exception cref="Graphs.GraphException">The description does not fit the input.</exception>
    public static NetworkGraphs Build(this Recipe recipe, IReadOnlyList<int> inputShape, int outputs)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        NetworkGraphs network = NetworkCatalogue.Build(recipe.Network, inputShape, outputs);
        network = recipe.Adapters is { } adapters
            ? Adapters.Apply(network, adapters, name => NamePatterns.Match(adapters.Targets, name))
            : network;
        return recipe.Inner.LearnsLoss ? LearnedLoss.Append(network, recipe.Inner.LossUnits, recipe.Tasks.ToShape().SupportCount) : network;
    }
}
