using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Recipes;

/// <summary>A whole experiment as data: network, tasks, meta-learner, inner rule and seed. Read from <c>recipe.json</c>.</summary>
public sealed partial record Recipe
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Name of the model; that of its folder.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, in a sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>Seed of every random draw.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The network.</summary>
    public required NetworkSpec Network { get; init; }

    /// <summary>What is learned and adapted in place of the network's own parameters, which stay as they are then; null: those.</summary>
    public AdapterSpec? Adapters { get; init; }

    /// <summary>The tasks.</summary>
    public required TaskSpec Tasks { get; init; }

    /// <summary>The meta-learner.</summary>
    public required AlgorithmSpec Algorithm { get; init; }

    /// <summary>The inner rule.</summary>
    public required InnerSpec Inner { get; init; }

    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file, or the folder that holds <c>recipe.json</c>.</param>
    /// <exception cref="BundleException">The file is missing, not JSON, has an unknown or repeated member or wrong values; all faults are named.</exception>
    public static Recipe Read(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, "recipe.json") : path;
        if (!File.Exists(file))
        {
            throw new BundleException($"{file}: there is no recipe here.");
        }

        return Parse(File.ReadAllText(file), file, BesideOf(file));
    }

    /// <summary>Reads files beside a recipe.</summary>
    /// <param name="path">The recipe, or another file of its folder.</param>
    public static Func<string, byte[]> BesideOf(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return name =>
            Path.Combine(folder, name) is var file && File.Exists(file)
                ? File.ReadAllBytes(file)
                : throw new BundleException($"{file}: the recipe's network.file is not there.");
    }

    /// <summary>Reads a recipe from JSON text.</summary>
    /// <param name="text">JSON text.</param>
    /// <param name="source">What stands in errors.</param>
    /// <param name="files">Reads a file that the recipe names; without it a network of such a file can not be built.</param>
    /// <exception cref="BundleException">The text is not a recipe.</exception>
    /// <exception cref="Graphs.GraphException">The file of its network is damaged.</exception>
    public static Recipe Parse(string text, string source, Func<string, byte[]>? files = null)
    {
        try
        {
            if (RecipeMembers.FirstFault(text) is { } fault)
            {
                throw new BundleException($"{source}: {fault}");
            }

            Recipe recipe =
                JsonSerializer.Deserialize<Recipe>(text, Json) ?? throw new BundleException($"{source}: expected a recipe, got null.");
            string[] faults =
            [
                .. recipe.Network.Faults(),
                .. recipe.Adapters?.Faults() ?? [],
                .. recipe.Tasks.Validate(),
                .. recipe.Algorithm.Faults(),
                .. recipe.Inner.Faults(),
                .. recipe.RowFaults(),
            ];
            return faults.Length == 0
                ? recipe.Resolved().Reading(files, source)
                : throw new BundleException($"{source}: {string.Join("; ", faults)}.");
        }
        catch (JsonException e)
        {
            throw new BundleException($"{source}: {e.Message}", e);
        }
    }

    /// <summary>Reads a recipe whose text gets other values for some members.</summary>
    /// <param name="text">JSON text.</param>
    /// <param name="source">What stands in errors.</param>
    /// <param name="members">Members by their way from the root, as in <c>inner.rate</c>; values as JSON, or words that are none.</param>
    /// <param name="files">Reads a file that the recipe names; without it a network of such a file can not be built.</param>
    /// <exception cref="BundleException">The text is not a recipe, or it is none with these values.</exception>
    public static Recipe Parse(string text, string source, IReadOnlyDictionary<string, string> members, Func<string, byte[]>? files = null)
    {
        ArgumentNullException.ThrowIfNull(members);
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(
                text,
                documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false }
            );
        }
        catch (JsonException e)
        {
            throw new BundleException($"{source}: {e.Message}", e);
        }

        foreach ((string member, string value) in members)
        {
            string[] way = member.Split('.');
            JsonNode? place = root;
            foreach (string step in way[..^1])
            {
                place = (place as JsonObject)?[step];
            }

            if (place is not JsonObject target)
            {
                throw new BundleException($"{source}: there is no '{member}' to set; expected a way as in inner.rate.");
            }

            target[way[^1]] = Value(value);
        }

        return Parse(root?.ToJsonString() ?? "null", source, files);
    }

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>The recipe with another length or seed.</summary>
    public Recipe With(int? iterations, ulong? seed) =>
        Changed(json =>
        {
            json["seed"] = seed ?? Seed;
            json["algorithm"]!["iterations"] = iterations ?? Algorithm.Iterations;
        });

    /// <summary>The recipe with another engine.</summary>
    public Recipe WithEngine(string engine) => Changed(json => json["algorithm"]!["engine"] = engine);

    /// <summary>The recipe with another meta-learner; where that has a mask or rates of its own, with those, and without what it does not read.</summary>
    public Recipe WithAlgorithm(string type)
    {
        AlgorithmRow row = AlgorithmRows.Of(type);
        return Changed(json =>
        {
            json["algorithm"]!["type"] = type;
            json["algorithm"]!["recompute"] = row.GoesThroughSteps && Algorithm.Recompute;
            json["algorithm"]!["exactSteps"] = row.GoesThroughSteps ? Algorithm.ExactSteps : 0;
            json["algorithm"]!["multiStep"] = row.Has(AlgorithmRow.MultiStep) ? Algorithm.MultiStep : AlgorithmSpec.DefaultMultiStep;
            json["algorithm"]!["firstOrder"] = row.Has(AlgorithmRow.FirstOrder) ? Algorithm.FirstOrder : 0;
            json["algorithm"]!["conjugateSteps"] = row.Has(AlgorithmRow.ConjugateSteps)
                ? Algorithm.ConjugateSteps
                : AlgorithmSpec.DefaultConjugateSteps;
            json["algorithm"]!["clipRatio"] = row.DescendsOuterLoss ? Algorithm.ClipRatio : 0;
            json["algorithm"]!["passes"] = row.DescendsOuterLoss ? Algorithm.Passes : 1;
            json["inner"]!["rates"] = row.Rates ?? (row.LearnsRates ? Inner.Rates : InnerSpec.DefaultRates);
            json["inner"]!["adapts"] = row.Adapts ?? Inner.Adapts;
            json["inner"]!["loss"] = row.Loss ?? (Inner.LearnsLoss ? InnerSpec.DefaultLoss : Inner.Loss);
            json["inner"]!["lossUnits"] = row.Loss == "learned" ? Inner.LossUnits : InnerSpec.DefaultLossUnits;
        });
    }

    /// <summary>The recipe as JSON text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    // By way of the text, so that the copy is checked like any recipe.
    private Recipe Changed(Action<JsonObject> change)
    {
        JsonObject json = JsonSerializer.SerializeToNode(this, Json)!.AsObject();
        change(json);
        Recipe changed = Parse(json.ToJsonString(), "command line");
        return changed with { Network = changed.Network with { Imported = Network.Imported } };
    }

    private Recipe Reading(Func<string, byte[]>? files, string source) =>
        files is null || Network.File is not { } name
            ? this
            : this with
            {
                Network = Network with { Imported = ImportedModel.Read(Network, files(name), $"{source}: {name}") },
            };

    // What the meta-learner means stands in the inner rule, where everybody reads it.
    private Recipe Resolved()
    {
        AlgorithmRow row = AlgorithmRows.Of(Algorithm.Type);
        return this with
        {
            Inner = Inner with { Adapts = row.Adapts ?? Inner.Adapts, Rates = row.Rates ?? Inner.Rates, Loss = row.Loss ?? Inner.Loss },
        };
    }
}
