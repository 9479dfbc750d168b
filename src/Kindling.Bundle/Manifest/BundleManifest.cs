using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Kindling.Bundles;

/// <summary>What <c>manifest.json</c> of a bundle says: format 1. Names of members are the JSON names in camel case.</summary>
/// <remarks>Members that have a default may be absent. The reader sets those to null, which the accessors turn into the default.</remarks>
public sealed partial record BundleManifest
{
    /// <summary>The format that this library writes, and the highest that it reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>The file's name within the bundle.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The file that holds the meta-initialisation.</summary>
    public const string ThetaFileName = "theta.safetensors";

    /// <summary>Value of <see cref="Task"/>: the head has slots, one per class.</summary>
    public const string Classification = "classification";

    /// <summary>Value of <see cref="Task"/>: the outputs are numbers.</summary>
    public const string Regression = "regression";

    /// <summary>Value of <see cref="Task"/>: the outputs are scores of the next code, for each position.</summary>
    public const string Language = "language";

    /// <summary>Value of <see cref="Task"/>: the outputs are objects and where they are, see <see cref="DetectionGrid"/>; the head has slots, one per class.</summary>
    public const string Detection = "detection";

    /// <summary>Format version, 1.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>What the model does, in a sentence; may be empty.</summary>
    public string Description
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary><see cref="Classification"/>, <see cref="Regression"/>, <see cref="Language"/> or <see cref="Detection"/>.</summary>
    public required string Task { get; init; }

    /// <summary>The data input.</summary>
    public required ManifestInput Input { get; init; }

    /// <summary>The head.</summary>
    public required ManifestOutput Output { get; init; }

    /// <summary>How raw data becomes input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary><c>none</c>, <c>batch</c>, <c>support</c>, <c>group</c> or <c>layer</c>.</summary>
    public required string Normalization { get; init; }

    /// <summary>All parameters in graph order.</summary>
    public required IReadOnlyList<ManifestParameter> Parameters { get; init; }

    /// <summary>The statistics that the infer graph takes; only with <see cref="Normalization"/> <c>support</c>.</summary>
    public IReadOnlyList<ManifestStatistic> Statistics
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>The inner rule.</summary>
    public required ManifestInnerRule InnerRule { get; init; }

    /// <summary>The two graphs.</summary>
    public required ManifestGraphs Graphs { get; init; }

    /// <summary>Where the self-contained model keeps its weights; null when there is none.</summary>
    public ManifestBake? Bake { get; init; }

    /// <summary>Op set of all graphs.</summary>
    public required int Opset { get; init; }

    /// <summary>ONNX IR version of all graphs.</summary>
    public required int IrVersion { get; init; }

    /// <summary>
    /// Where there is a folder <c>training/</c> for ONNX Runtime Training: the learning rate to set in its session for each step; the last one goes on.
    /// </summary>
    public IReadOnlyList<float>? TrainingRates { get; init; }

    /// <summary>Why there is no folder <c>training/</c> for ONNX Runtime Training, in a sentence; null where there is one, and in early bundles.</summary>
    public string? TrainingAbsence { get; init; }

    /// <summary>The recipe as it was run.</summary>
    public JsonElement? Recipe { get; init; }

    /// <summary>Where the weights come from.</summary>
    public ManifestProvenance Provenance
    {
        get;
        init => field = value ?? new();
    } = new();

    /// <summary>SHA-256 (lower-case hex) of every file of the bundle but the manifest itself, by name with <c>/</c>.</summary>
    public IReadOnlyDictionary<string, string> Files
    {
        get;
        init => field = value ?? new Dictionary<string, string>();
    } = new Dictionary<string, string>();

    /// <summary>Whether <see cref="Task"/> is classification.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsClassification => Task == Classification;

    /// <summary>Whether <see cref="Task"/> is language.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsLanguage => Task == Language;

    /// <summary>Whether <see cref="Task"/> is detection.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsDetection => Task == Detection;

    /// <summary>Whether the head has a slot for each class.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    internal bool HasClasses => IsClassification || IsDetection;

    /// <summary>What a delta file is bound to: SHA-256 over the hashes of theta, infer, adapt and, where there is one, backbone graph, joined in that order.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string BaseIdentity =>
        Convert.ToHexStringLower(
            SHA256.HashData(
                Encoding.ASCII.GetBytes(
                    Files[ThetaFileName]
                        + Files[Graphs.Infer.File]
                        + Files[Graphs.Adapt.File]
                        + (Graphs.Backbone is { } backbone ? Files[backbone.File] : "")
                )
            )
        );

    /// <summary>
    /// Memory that one adaptation takes at most, about: its parameters, optimiser state and results, and twice what the graphs hold at one time, because ONNX
    /// Runtime's memory grows by doubling. The model itself and the examples are not in it.
    /// </summary>
    /// <param name="examples">Examples that are fitted.</param>
    /// <param name="validation">Examples that judge.</param>
    /// <param name="microBatch">Examples that are computed at one time (<see cref="AdaptRequest.MicroBatch"/>); null for all.</param>
    /// <returns>Bytes; null where the bundle, of an earlier version, does not say what its graphs take.</returns>
    public long? AdaptationBytes(int examples, int validation = 0, int? microBatch = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(examples);
        ArgumentOutOfRangeException.ThrowIfNegative(validation);
        bool inParts = microBatch < examples;
        if ((inParts ? Graphs.Accumulate : Graphs.Adapt)?.Memory is not { } adapt || Graphs.Infer.Memory is not { } infer)
        {
            return null;
        }

        // Each step reads one set and writes another; the best point and the one that is judged are copies.
        int adapted = Parameters.Count(parameter => parameter.Adapts);
        long moments = adapted == 0 ? 0 : GraphSignature.Of(this).State.Count / adapted;
        Int128 buffers = sizeof(float) * (Int128)TensorLayout.OfDelta(this).Length * (4 + (2 * moments) + (inParts ? 2 : 0));
        long fitted = Math.Min(microBatch ?? examples, examples);
        long predicted = Math.Min(microBatch ?? long.MaxValue, (long)examples + validation);
        Int128 kept = 0;
        // The prediction graph judges, and looks for outliers among all examples that the request gave.
        Int128 graphs = Run(adapt, fitted) + Run(infer, predicted);
        if (Graphs.Backbone is { } backbone)
        {
            if (backbone.Memory is not { } memory)
            {
                return null;
            }

            graphs += Run(memory, predicted);
            kept = memory.KeptBytesPerExample * ((Int128)examples + predicted);
        }

        return (long)Int128.Min(long.MaxValue, buffers + kept + (2 * graphs));

        static Int128 Run(ManifestMemory memory, long batch) => memory.Bytes + ((Int128)memory.BytesPerExample * batch);
    }

    /// <summary>Why a step has to see all examples at once, as the end of a sentence; null where it need not.</summary>
    internal string? AccumulationFault() =>
        Normalization is "batch" or "support" ? $"its layers normalise by statistics of all of them (normalization {Normalization})"
        : Statistics.Any(statistic => statistic.FromLabels) ? "its head is made of means over all of them"
        : InnerRule.Examples is not null ? "its loss reads all of them in order"
        : InnerRule.Batch is { } size ? $"its rule updates after every {size} of them already"
        : Graphs.Accumulate is null || Graphs.Update is null ? "the bundle has no graphs for that; write it anew with `kindling export`"
        : null;

    /// <summary>Reads a manifest and checks it.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="source">What error messages call the file.</param>
    /// <exception cref="BundleException">Not valid JSON, a member is missing or of the wrong type, a newer format, or <see cref="Validate"/> found faults (all are listed).</exception>
    public static BundleManifest Parse(ReadOnlySpan<byte> json, string source)
    {
        if (json.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            json = json[3..];
        }

        try
        {
            ManifestVersion? version = JsonSerializer.Deserialize(json, ManifestJson.Default.ManifestVersion);
            if (version?.FormatVersion != CurrentFormatVersion)
            {
                throw new BundleException(
                    $"{source}: expected formatVersion {CurrentFormatVersion}, got {version?.FormatVersion?.ToString() ?? "none"}"
                        + (version?.FormatVersion > CurrentFormatVersion ? "; the bundle needs a newer version of this library." : ".")
                );
            }

            BundleManifest manifest =
                JsonSerializer.Deserialize(json, ManifestJson.Default.BundleManifest)
                ?? throw new BundleException($"{source}: expected an object, got null.");
            IReadOnlyList<string> faults = manifest.Validate();
            return faults.Count == 0
                ? manifest
                : throw new BundleException($"{source}: {faults.Count} fault(s):{string.Concat(faults.Select(fault => $"\n  {fault}"))}");
        }
        catch (JsonException e)
        {
            throw new BundleException($"{source}: not a manifest. {e.Message}", e);
        }
    }

    /// <summary>The manifest as indented UTF-8 JSON, ending with a line break.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.BundleManifest), (byte)'\n'];

    /// <summary>All faults at once, each as a sentence that names the member; empty when the manifest is valid.</summary>
    public IReadOnlyList<string> Validate() => ManifestRules.Check(this);
}
