using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;

namespace Kindling.Recipes;

/// <summary>The network of a recipe.</summary>
public static class RecipeNetwork
{
    /// <summary>Builds it, with its adapters and the loss that its inner rule learns, if any.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="inputShape">Shape of one input, without the batch.</param>
    /// <param name="outputs">Values or head slots per example.</param>
    /// <exception cref="GraphException">The description does not fit the input, or the inner rule names parameters that there are not.</exception>
    public static NetworkGraphs Build(this Recipe recipe, IReadOnlyList<int> inputShape, int outputs)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        NetworkGraphs network = NetworkCatalogue.Build(recipe.Network, inputShape, outputs);
        network = recipe.Adapters is { } adapters
            ? Adapters.Apply(network, adapters, name => NamePatterns.Match(adapters.Targets, name))
            : network;
        network = recipe.Inner.LearnsLoss
            ? LearnedLoss.Append(network, recipe.Inner.LossUnits, recipe.Tasks.ToShape().SupportCount)
            : network;
        return recipe.Inner.AdaptsFault(network.Parameters) is { } fault ? throw new GraphException(fault) : network;
    }

    /// <summary>How a bundle holds a parameter of the network: matrices and kernels that stay as they are as <c>adapters.weights</c> says.</summary>
    public static TensorStorage Storage(this Recipe recipe, ParameterSpec parameter)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(parameter);
        return recipe.Adapters is { } adapters && parameter.IsFrozen && parameter.Shape.Count > 1
            ? Enum.Parse<TensorStorage>(adapters.Weights, ignoreCase: true)
            : TensorStorage.Float32;
    }

    /// <summary>The weights of a parameter as a bundle will hold them.</summary>
    /// <exception cref="BundleException">It cannot hold one of them; the message names parameter and number.</exception>
    public static FloatTensor Rounded(this Recipe recipe, ParameterSpec parameter, FloatTensor weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        try
        {
            return weights.RoundedTo(recipe.Storage(parameter));
        }
        catch (ArgumentException e)
        {
            throw new BundleException($"adapters.weights, '{parameter.Name}': {e.Message}", e);
        }
    }
}
