using Kindling.Graphs;

namespace Kindling.Recipes.Tests;

/// <summary>What a recipe says of a network, once there is one.</summary>
public sealed class RecipeNetworkTests
{
    [TestCase(
        "hiden1.*",
        "inner.adapts: 'hiden1.*' matches none of the parameters that can adapt: hidden1.weight, hidden1.bias, head.weight, head.bias."
    )]
    [TestCase(
        "hidden1.*, had.*, !*.bias",
        "inner.adapts: 'had.*' matches none of the parameters that can adapt: hidden1.weight, hidden1.bias, head.weight, head.bias."
    )]
    [TestCase(
        "head.*, !head.*",
        "inner.adapts: 'head.*, !head.*' matches none of the parameters that can adapt: hidden1.weight, hidden1.bias, head.weight, head.bias."
    )]
    [TestCase("head", null)]
    [TestCase("hidden1.*, !*.bias", null)]
    [TestCase("!loss.*", null)]
    public void Build_PatternsOfNoParameter_AreRefusedByName(string adapts, string? fault)
    {
        Recipe recipe = Recipe.Parse(
            RecipeTests.Right.Replace("\"rate\"", $"\"adapts\": \"{adapts}\", \"rate\"", StringComparison.Ordinal),
            "test"
        );
        Assert.That(
            () => recipe.Build([1], 1),
            fault is null ? Throws.Nothing : Throws.TypeOf<GraphException>().With.Message.EqualTo(fault)
        );
    }

    [Test]
    public void Build_HeadOfALanguageModel_IsRefusedByName()
    {
        string text = RecipeTests
            .Right.Replace("{ \"type\": \"sinusoid\",", "{ \"type\": \"udhr\",", StringComparison.Ordinal)
            .Replace("{ \"type\": \"mlp\", \"hidden\": [8] }", "{ \"type\": \"gru-lm\" }", StringComparison.Ordinal)
            .Replace("maml", "anil", StringComparison.Ordinal);
        Assert.That(
            () => Recipe.Parse(text, "test").Build([160], 160),
            Throws.TypeOf<GraphException>().With.Message.StartsWith("inner.adapts: 'head' matches none of the parameters that can adapt: ")
        );
    }
}
