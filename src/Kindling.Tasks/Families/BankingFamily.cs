using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// Banking77 (Casanueva et al. 2020): 77 intents of one domain, 75 queries or more each. In ordinal order of their names the first 50 are for training, the
/// next 12 for validation, the last 15 for test.
/// </summary>
/// <remarks>The data hash is SHA-256 over the names of the intents and their queries, those of train.csv before those of test.csv.</remarks>
internal static class BankingFamily
{
    private const string Name = "banking77";
    private const int Train = 50;
    private const int Validation = 12;
    private const int Count = 77;

    private const string Credit =
        "Banking77 (Casanueva et al. 2020, Efficient Intent Detection with Dual Sentence Encoders, NLP4ConvAI): CC BY 4.0";

    private static readonly string[] Files = ["train.csv", "test.csv"];

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string folder = Path.Combine(dataRoot, spec.Source ?? Name);
        TextClass[] classes = TextFamily.ClassesOf(Files.SelectMany(file => Rows(Path.Combine(folder, file))));
        return classes.Length == Count
            ? TextFamily.Create(
                Name,
                [classes[..Train], classes[Train..(Train + Validation)], classes[(Train + Validation)..]],
                TextFamily.PreprocessingOf(spec),
                [Credit],
                spec
            )
            : throw new BundleException($"{Name}: '{folder}' has {classes.Length} intents: expected {Count}.");
    }

    private static IEnumerable<TextExample> Rows(string path) =>
        File.Exists(path)
            ? TextFiles.Rows(path, TextFiles.TextColumn, "category")
            : throw new BundleException($"{Name}: '{path}' is not there. {DataRoot.Remedy}");
}
