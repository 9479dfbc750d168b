using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// CLINC150 (Larson et al. 2019): 150 intents of 10 domains, 150 queries each. Whole domains are held out: six for training, two for validation, two for test.
/// </summary>
/// <remarks>The data hash is SHA-256 over the names of the intents, in ordinal order, and their queries, those of the parts train, val and test in turn.</remarks>
internal static class ClincFamily
{
    private const string Name = "clinc150";
    private const string OutsidePart = "oos_test";

    private const string Credit =
        "CLINC150 (Larson et al. 2019, An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction, EMNLP): CC BY 3.0";

    private static readonly string[] Parts = ["train", "val", "test"];

    private static readonly string[][] Domains =
    [
        ["auto_and_commute", "home", "kitchen_and_dining", "meta", "utility", "work"],
        ["small_talk", "travel"],
        ["banking", "credit_cards"],
    ];

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string folder = Path.Combine(dataRoot, spec.Source ?? Name);
        Dictionary<string, string[]> domains = Read(Path.Combine(folder, "domains.json"), ClincJson.Default.DictionaryStringStringArray);
        string path = Path.Combine(folder, "data_full.json");
        Dictionary<string, string[][]> parts = Read(path, ClincJson.Default.DictionaryStringStringArrayArray);
        Dictionary<string, (string Place, string Text)[]> intents = Parts
            .SelectMany(part => Part(path, parts, part))
            .GroupBy(query => query.Intent, query => (query.Place, query.Text), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        TextClass[][] splits =
        [
            .. Domains.Select(split =>
                split
                    .SelectMany(domain =>
                        Intents(folder, domains, domain).Select(intent => new TextClass(intent, Queries(path, intents, intent), domain))
                    )
                    .ToArray()
            ),
        ];
        TextPreprocessing preprocessing = TextFamily.PreprocessingOf(spec);
        TextBank outside = new(Name, [.. Part(path, parts, OutsidePart).Select(q => (q.Place, q.Text))], preprocessing);
        return TextFamily.Create(Name, splits, preprocessing, [Credit], spec, outside);
    }

    private static T Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        if (!File.Exists(path))
        {
            throw new BundleException($"{Name}: '{path}' is not there. {DataRoot.Remedy}");
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, type) ?? throw new BundleException($"{Name}: '{path}' holds nothing.");
        }
        catch (JsonException exception)
        {
            throw new BundleException($"{Name}: '{path}' is damaged: {exception.Message}", exception);
        }
    }

    private static IEnumerable<(string Intent, string Place, string Text)> Part(
        string path,
        Dictionary<string, string[][]> parts,
        string part
    ) =>
        parts.TryGetValue(part, out string[][]? queries)
            ? queries.Select(
                (query, i) =>
                    query is [{ } text, { } intent]
                        ? (intent, $"'{path}', {part}[{i}]", text)
                        : throw new BundleException($"{Name}: '{path}', {part}[{i}]: expected a text and an intent.")
            )
            : throw new BundleException($"{Name}: '{path}' has no part '{part}'; it has {string.Join(", ", parts.Keys)}.");

    private static IOrderedEnumerable<string> Intents(string folder, Dictionary<string, string[]> domains, string domain) =>
        domains.TryGetValue(domain, out string[]? intents)
            ? intents.Order(StringComparer.Ordinal)
            : throw new BundleException($"{Name}: 'domains.json' in '{folder}' has no domain '{domain}'.");

    private static (string Place, string Text)[] Queries(
        string path,
        Dictionary<string, (string Place, string Text)[]> intents,
        string intent
    ) =>
        intents.TryGetValue(intent, out (string, string)[]? queries)
            ? queries
            : throw new BundleException($"{Name}: '{path}' has no query of the intent '{intent}'.");
}
