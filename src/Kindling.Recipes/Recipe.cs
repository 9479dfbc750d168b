using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Recipes;

/// <summary>A whole experiment as data: network, tasks, meta-learner, inner rule and seed. Read from <c>recipe.json</c>.</summary>
public sealed record Recipe
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
    /// <exception cref="BundleException">The text is not a recipe, or it is none with these values.</exception>
    public static Recipe Parse(string text, string source, IReadOnlyDictionary<string, string> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false });
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

        return Parse(root?.ToJsonString() ?? "null", source);
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

    /// <summary>The recipe with another meta-learner; where that has a mask or rates of its own, with those.</summary>
    public Recipe WithAlgorithm(string type)
    {
        AlgorithmRow row = AlgorithmRows.Of(type);
        return Changed(json =>
        {
            json["algorithm"]!["type"] = type;
            json["algorithm"]!["recompute"] = row.GoesThroughSteps && Algorithm.Recompute;
            json["algorithm"]!["clipRatio"] = row.DescendsOuterLoss ? Algorithm.ClipRatio : 0;
            json["algorithm"]!["passes"] = row.DescendsOuterLoss ? Algorithm.Passes : 1;
            json["inner"]!["rates"] = row.Rates ?? (row.LearnsRates ? Inner.Rates : InnerSpec.DefaultRates);
            json["inner"]!["adapts"] = row.Adapts ?? Inner.Adapts;
            json["inner"]!["loss"] = row.Loss ?? (Inner.LearnsLoss ? InnerSpec.DefaultLoss : Inner.Loss);
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

    private IEnumerable<string> RowFaults()
    {
        if (AlgorithmRows.Find(Algorithm.Type) is not { } row)
        {
            return [];
        }

        List<string> faults = [.. row.Needs(this), .. BatchFaults(), .. CodeFaults()];
        if (row.Adapts is { } adapts && Inner.Adapts != InnerSpec.DefaultAdapts && Inner.Adapts != adapts)
        {
            faults.Add($"inner.adapts: {row.Type} means '{adapts}', got '{Inner.Adapts}'");
        }

        if (row.Rates is { } rates && Inner.Rates != InnerSpec.DefaultRates && Inner.Rates != rates)
        {
            faults.Add($"inner.rates: {row.Type} means {rates}, got {Inner.Rates}");
        }

        string meant = row.Rates ?? Inner.Rates;
        if (meant != InnerSpec.DefaultRates && Inner.Schedule != InnerSpec.Constant)
        {
            faults.Add($"inner.schedule: expected constant where inner.rates is {meant}, since those are learned; got {Inner.Schedule}");
        }

        faults.AddRange(LossFaults(row));
        if (Algorithm.OuterOptimizer == "rates" && (row.Rates ?? Inner.Rates) != "elementwise")
        {
            faults.Add($"algorithm.outerOptimizer: rates needs inner.rates elementwise, got {row.Rates ?? Inner.Rates}");
        }

        if (Algorithm.Recompute && !row.GoesThroughSteps)
        {
            faults.Add($"algorithm.recompute: {row.Type} does not go through the inner steps, expected false, got true");
        }

        if (Algorithm.Recompute && Algorithm.ExactSteps > 0)
        {
            faults.Add(
                $"algorithm.recompute: goes through all inner steps, expected false where algorithm.exactSteps is {Algorithm.ExactSteps}, got true"
            );
        }

        if (!row.LearnsRates && Inner.LearnsRates)
        {
            faults.Add($"inner.rates: {row.Type} cannot learn rates, expected fixed, got {Inner.Rates}");
        }

        return faults;
    }

    private IEnumerable<string> LossFaults(AlgorithmRow row)
    {
        bool classification = Tasks.Ways > 1;
        if (Tasks.IsControl != (Inner.Loss == InnerLosses.PolicyGradient))
        {
            yield return Tasks.IsControl
                ? $"inner.loss: '{Tasks.Type}' is a world to act in, expected {InnerLosses.PolicyGradient}, got {Inner.Loss}"
                : $"inner.loss: {InnerLosses.PolicyGradient} is for worlds to act in, '{Tasks.Type}' is none, got {Inner.Loss}";
        }

        if (Tasks.IsControl != (Network.Type == "policy"))
        {
            yield return Tasks.IsControl
                ? $"network.type: '{Tasks.Type}' is a world to act in, expected policy, got {Network.Type}"
                : $"network.type: policy is for worlds to act in, '{Tasks.Type}' is none";
        }

        if (Tasks.IsDetection != (Inner.Loss == InnerLosses.Detection))
        {
            yield return Tasks.IsDetection
                ? $"inner.loss: '{Tasks.Type}' is about objects in pictures, expected {InnerLosses.Detection}, got {Inner.Loss}"
                : $"inner.loss: {InnerLosses.Detection} is for objects in pictures, '{Tasks.Type}' is not about them, got {Inner.Loss}";
        }

        if (Tasks.IsDetection != Network.FindsObjects())
        {
            yield return Tasks.IsDetection
                ? $"network.type: '{Tasks.Type}' is about objects in pictures, expected detector, got {Network.Type}"
                : $"network.type: {Network.Type} finds objects in pictures, '{Tasks.Type}' is not about them";
        }

        if (Algorithm.ClipRatio > 0 && !Tasks.IsControl)
        {
            yield return $"algorithm.clipRatio: is for worlds to act in, '{Tasks.Type}' is none, expected 0, got {Algorithm.ClipRatio}";
        }

        if (Algorithm.ClipRatio > 0 && !row.DescendsOuterLoss)
        {
            yield return $"algorithm.clipRatio: {row.Type} does not descend a loss of what was adapted, expected 0, got {Algorithm.ClipRatio}";
        }

        if (row.Loss is { } meant && Inner.Loss != InnerSpec.DefaultLoss && Inner.Loss != meant)
        {
            yield return $"inner.loss: {row.Type} means {meant}, got {Inner.Loss}";
        }

        if (row.Loss is null && Inner.LearnsLoss)
        {
            yield return $"inner.loss: {row.Type} learns no loss, expected {InnerLosses.Of(classification)}, got {Inner.Loss}";
        }

        if (row.Loss is null && InnerLosses.Fault(Inner.Loss, classification) is { } fault)
        {
            yield return fault;
        }

        if (Network.ScoresCodes() && (row.Loss ?? Inner.Loss) != InnerSpec.DefaultLoss)
        {
            yield return $"inner.loss: {Network.Type} scores codes, expected {InnerSpec.DefaultLoss}, got {row.Loss ?? Inner.Loss}";
        }

        if (Network.ScoresCodes() && classification)
        {
            yield return $"tasks.ways: {Network.Type} scores codes, not classes, expected 1, got {Tasks.Ways}";
        }

        string loss = row.Loss ?? Inner.Loss;
        if (InnerLosses.ReadsLabels(loss))
        {
            yield break;
        }

        string words = loss == "learned" ? "a learned loss" : loss;
        if (Inner.Jump > 0)
        {
            yield return $"inner.jump: {words} says nothing of how well the learner does, expected 0, got {Inner.Jump}";
        }

        if (row.Loss is null && Network.Head == "prototypes")
        {
            yield return $"network.head: {words} reads no labels, expected linear, got prototypes";
        }
    }

    // What depends on the examples of an update would be another thing for a part of them.
    private IEnumerable<string> BatchFaults()
    {
        if (Inner.Batch <= 0)
        {
            yield break;
        }

        if (Network.Normalization is Normalization.Batch or Normalization.Support)
        {
            yield return $"inner.batch: statistics of {Inner.Batch} of the examples are not those of all, expected 0, or normalization none, group or layer, got {Inner.Batch}";
        }

        if (Network.Head == "prototypes")
        {
            yield return $"inner.batch: {Inner.Batch} of the examples are not all classes, which prototypes are of, expected 0, or a linear head, got {Inner.Batch}";
        }

        if (AlgorithmRows.Of(Algorithm.Type).Loss is "learned")
        {
            yield return $"inner.batch: a learned loss reads all examples in order, expected 0, got {Inner.Batch}";
        }
    }

    private Recipe Reading(Func<string, byte[]>? files, string source) =>
        files is null || Network.File is not { } name
            ? this
            : this with
            {
                Network = Network with { Imported = ImportedModel.Read(Network, files(name), $"{source}: {name}") },
            };

    private IEnumerable<string> CodeFaults()
    {
        int known = Network.Vocabulary ?? NetworkSpec.DefaultVocabulary;
        if (Tasks.CodeCount is { } codes && Network.ReadsCodes && known < codes)
        {
            yield return $"network.vocabulary: '{Tasks.Type}' has {codes} codes, padding included, expected at least as many, got {known}";
        }

        if (Tasks.HasLanguages && !Network.ScoresCodes())
        {
            yield return $"network.type: '{Tasks.Type}' asks for the next byte at each position, expected a language model, got {Network.Type}";
        }
    }

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
