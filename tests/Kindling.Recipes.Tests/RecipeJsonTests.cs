using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Recipes.Tests;

/// <summary>What JSON is a recipe.</summary>
public sealed class RecipeJsonTests
{
    // What deserialisation would take silently, or fail on later.
    [TestCase("\"inner\": { \"rate\": 0.01 }", "\"inner\": null", "'inner'")]
    [TestCase("{ \"type\": \"mlp\", \"hidden\": [8] }", "null", "'network'")]
    [TestCase("[8]", "null", "'hidden'")]
    [TestCase("\"name\": \"test\"", "\"name\": null", "'name'")]
    [TestCase("\"seed\": 7,", "\"seed\": 7, \"adapters\": { \"type\": \"lora\", \"targets\": null },", "'targets'")]
    [TestCase("\"rate\": 0.01", "\"rate\": 0.01, \"rate\": 0.02", "'rate'")]
    [TestCase("\"rate\": 0.01", "\"rate\": 0.01, \"Rate\": 0.02", "'rate'")]
    [TestCase("[8]", "[8], \"normalization\": 4", "network.normalization: expected one of none, batch, support, group, layer, got 4.")]
    [TestCase(
        "[8]",
        "[8], \"normalization\": \"batch, support\"",
        "network.normalization: expected one of none, batch, support, group, layer, got \"batch, support\"."
    )]
    [TestCase(
        "[8]",
        "[8], \"normalization\": \"4\"",
        "network.normalization: expected one of none, batch, support, group, layer, got \"4\"."
    )]
    public void Parse_JsonThatMeansNothing_NamesTheMember(string right, string wrong, string part) =>
        Assert.That(
            () => Recipe.Parse(RecipeTests.Right.Replace(right, wrong, StringComparison.Ordinal), "recipe.json"),
            Throws.TypeOf<BundleException>().With.Message.StartsWith("recipe.json: ").And.Message.Contains(part)
        );

    [Test]
    public void Read_EveryRecipeOfTheRepository_IsTaken()
    {
        string[] recipes =
        [
            .. Directory.GetFiles(Root.Combine("models"), "recipe.json", SearchOption.AllDirectories),
            .. Directory.GetFiles(Root.Combine("docs"), "*.json", SearchOption.AllDirectories),
        ];
        string[] bundles = [.. Directory.GetFiles(Root.Combine("models"), "manifest.json", SearchOption.AllDirectories)];
        Assert.That((recipes.Length, bundles.Length), Is.GreaterThan((40, 5)));
        Assert.Multiple(() =>
        {
            foreach (string path in recipes)
            {
                Assert.That(() => Recipe.Parse(File.ReadAllText(path), path), Throws.Nothing);
            }

            foreach (string path in bundles)
            {
                using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(path));
                string recipe = manifest.RootElement.GetProperty("recipe").GetRawText();
                Assert.That(() => Recipe.Parse(recipe, path), Throws.Nothing);
            }
        });
    }
}
