using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Bundles;

namespace Kindling.Recipes;

/// <summary>What a checkpoint says beside its tensors; it stands in the metadata of the file.</summary>
public sealed class CheckpointState
{
    private const string MetadataKey = "state";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The recipe as it was run.</summary>
    public required JsonElement Recipe { get; init; }

    /// <summary>Classification, else regression.</summary>
    public required bool IsClassification { get; init; }

    /// <summary>Shape of one input, without the batch.</summary>
    public required IReadOnlyList<int> InputShape { get; init; }

    /// <summary>Head slots or outputs.</summary>
    public required int Outputs { get; init; }

    /// <summary>What an app must do to raw input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Finished iterations.</summary>
    public required int Iteration { get; init; }

    /// <summary>Iteration of the best validation; null before the first.</summary>
    public int? BestIteration { get; init; }

    /// <summary>Metric of the best validation.</summary>
    public double? BestMetric { get; init; }

    /// <summary>Validations since the best one.</summary>
    public int ValidationsSinceBest { get; init; }

    /// <summary>SHA-256 of the data.</summary>
    public required string DataHash { get; init; }

    /// <summary>Licences of the data.</summary>
    public required IReadOnlyList<string> Licences { get; init; }

    /// <summary>Version of this tool.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>Seconds spent in training, over all runs.</summary>
    public required double Seconds { get; init; }

    /// <summary>SHA-256 of the weights' file that training started from; null if they were freshly drawn.</summary>
    public string? StartedFrom { get; init; }

    /// <summary>Reads the state from the metadata of a checkpoint's file.</summary>
    /// <exception cref="BundleException">There is none, or it is damaged.</exception>
    public static CheckpointState From(SafetensorsFile file, string path)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return
                file.Metadata.TryGetValue(MetadataKey, out string? text)
                && JsonSerializer.Deserialize<CheckpointState>(text, Json) is { } state
                ? state
                : throw new BundleException($"{path}: expected a checkpoint, got a safetensors file without the metadata '{MetadataKey}'.");
        }
        catch (JsonException e)
        {
            throw new BundleException($"{path}: the state in its metadata is damaged. {e.Message}", e);
        }
    }

    /// <summary>
    /// Whether the checkpoint of a baseline comes from this recipe and these data; names, how validations go and what concerns the app alone do not count.
    /// </summary>
    /// <param name="recipe">The recipe; members that the checkpoint's does not name count with their defaults.</param>
    /// <param name="dataHash">SHA-256 of the data.</param>
    /// <param name="startedFrom">SHA-256 of the weights that meta-training started from: with adapters the baseline's are trained on them.</param>
    public bool IsOf(Recipe recipe, string dataHash, string? startedFrom)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return DataHash == dataHash
            && (recipe.Adapters is null || StartedFrom == startedFrom)
            && Training(Recipes.Recipe.Parse(Recipe.GetRawText(), "the recipe in the checkpoint")) == Training(recipe);

        static string Training(Recipe recipe) =>
            (
                recipe with
                {
                    Name = "",
                    Description = "",
                    Algorithm = recipe.Algorithm with
                    {
                        ValidateEvery = 1,
                        ValidationEpisodes = 1,
                        CheckpointEvery = 1,
                        Patience = 0,
                        Average = 1,
                    },
                    Inner = recipe.Inner with { Jump = 0 },
                }
            ).ToJson();
    }

    /// <summary>The state as metadata of a checkpoint's file, so that tensors and state are replaced in one move.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata() =>
        new Dictionary<string, string>(StringComparer.Ordinal) { [MetadataKey] = JsonSerializer.Serialize(this, Json) };
}
