using Kindling.Recipes;
using Kindling.Train.Meta;

namespace Kindling.Train.Algorithms;

/// <summary>The meta-learners behind the names of <see cref="AlgorithmSpec.Types"/>.</summary>
internal static class MetaAlgorithms
{
    private static readonly Dictionary<string, Func<Objective, InnerLoop, Recipe, MetaAlgorithm>> Rows = new(StringComparer.Ordinal)
    {
        ["maml"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["fomaml"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.FirstOrder),
        ["anil"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["boil"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["metasgd"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["mamlpp"] = (objective, inner, recipe) => new MamlPlusPlus(objective, inner, recipe),
        ["imaml"] = (objective, inner, recipe) => new ImplicitMaml(objective, inner, recipe),
        ["cavia"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["protomaml"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["protonet"] = (objective, inner, _) => new Maml(objective, inner, steps: 0, InnerFlow.Exact),
        ["oml"] = (objective, inner, recipe) => new Oml(objective, inner, recipe),
        ["anml"] = (objective, inner, recipe) => new Oml(objective, inner, recipe),
        ["continual-maml"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["lamaml"] = (objective, inner, recipe) => new LaMaml(objective, inner, recipe),
        ["daml"] = (objective, inner, recipe) => new Maml(objective, inner, recipe.Inner.Steps, InnerFlow.Exact),
        ["joint"] = (objective, inner, recipe) =>
            new Joint(objective, inner, recipe.Inner.Steps, recipe.Tasks.ToShape().SupportCount, recipe.Tasks.ToShape().QueryCount),
        ["random"] = (objective, inner, recipe) => new Untrained(objective, inner, recipe.Inner.Steps),
        ["leap"] = (objective, inner, recipe) => new Leap(objective, inner, recipe.Inner.Steps),
        ["warpgrad"] = (objective, inner, recipe) => new WarpGrad(objective, inner, recipe.Inner.Steps),
        ["reptile"] = (objective, inner, recipe) => new Reptile(objective, inner, recipe.Inner.Steps),
    };

    /// <summary>The names that there is an implementation of.</summary>
    public static IReadOnlyCollection<string> Types => Rows.Keys;

    /// <summary>A recipe's meta-learner.</summary>
    public static MetaAlgorithm Create(Objective objective, InnerLoop inner, Recipe recipe) =>
        Rows[recipe.Algorithm.Type](objective, inner, recipe);
}
