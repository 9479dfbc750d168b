using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Recipes;

/// <summary>A whole experiment as data: network, tasks, meta-learner, inner rule and seed. Read from <c>recipe.json</c>.</summary>
public sealed class Recipe
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Name of the model; that of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in a sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>Seed of every random draw.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The network.</summary>
    public required NetworkSpec Network { get; init; }

    /// <summary>The tasks.</summary>
    public required TaskSpec Tasks { get; init; }

    /// <summary>The meta-learner.</summary>
    public required AlgorithmSpec Algorithm { get; init; }

    /// <summary>The inner rule.</summary>
    public required InnerSpec Inner { get; init; }

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file, or the folder that holds <c>recipe.json</c>.</param>
    /// <exception cref="BundleException">The file is missing, not JSON, has an unknown member or wrong values; all faults are named.</exception>
    public static Recipe Read(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, "recipe.json") : path;
        if (!File.Exists(file))
        {
            throw new BundleException($"{file}: there is no recipe here.");
        }

        return Parse(File.ReadAllText(file), file);
    }

    /// <summary>Reads a recipe from JSON text; <paramref name="source"/> stands in errors.</summary>
    /// <exception cref="BundleException">The text is not a recipe.</exception>
    public static Recipe Parse(string text, string source)
    {
        try
        {
            if (RecipeMembers.FirstUnknown(text) is { } unknown)
            {
                throw new BundleException($"{source}: {unknown}");
            }

            Recipe recipe =
                JsonSerializer.Deserialize<Recipe>(text, Json) ?? throw new BundleException($"{source}: expected a recipe, got null.");
            string[] faults =
            [
                .. recipe.Network.Faults(),
                .. recipe.Tasks.Validate(),
                .. recipe.Algorithm.Faults(),
                .. recipe.Inner.Faults(),
                .. recipe.LearnedRateFaults(),
            ];
            return faults.Length == 0 ? recipe : throw new BundleException($"{source}: {string.Join("; ", faults)}.");
        }
        catch (JsonException e)
        {
            throw new BundleException($"{source}: {e.Message}", e);
        }
    }

    /// <summary>The recipe with another length or seed.</summary>
    public Recipe With(int? iterations, ulong? seed)
    {
        JsonObject json = JsonSerializer.SerializeToNode(this, Json)!.AsObject();
        json["seed"] = seed ?? Seed;
        json["algorithm"]!["iterations"] = iterations ?? Algorithm.Iterations;
        return Parse(json.ToJsonString(), "command line");
    }

    /// <summary>The recipe with another meta-learner; where that cannot learn rates, with fixed ones.</summary>
    public Recipe WithAlgorithm(string type)
    {
        JsonObject json = JsonSerializer.SerializeToNode(this, Json)!.AsObject();
        json["algorithm"]!["type"] = type;
        json["inner"]!["rates"] = type == "maml" ? Inner.Rates : "fixed";
        return Parse(json.ToJsonString(), "command line");
    }

    /// <summary>The recipe as JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    // FOMAML holds the inner gradients constant and Reptile has no outer loss: neither says how a rate should change.
    private IEnumerable<string> LearnedRateFaults() =>
        Inner.LearnsRates && Algorithm.Type != "maml"
            ? [$"inner.rates: learned rates need algorithm.type maml, got '{Algorithm.Type}'"]
            : [];
}
