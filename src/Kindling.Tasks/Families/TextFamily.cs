using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>Any texts with classes, from a CSV file or a folder of class folders, their classes dealt out to the three splits.</summary>
/// <remarks>The data hash is SHA-256 over the names of the classes, in ordinal order, and their texts.</remarks>
internal static class TextFamily
{
    private const string Name = "texts";

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string path = SourcePath.Find(Name, spec.Source!, dataRoot, p => File.Exists(p) || Directory.Exists(p));
        TextClass[] classes = ClassesOf(TextFiles.Examples(path));
        int[][] splits = SplitPlan.Deal(spec, classes.Length, spec.Ways, $"{Name}: '{path}'", "class");
        return Create(Name, [.. splits.Select(s => s.Select(n => classes[n]).ToArray())], PreprocessingOf(spec), [], spec);
    }

    /// <summary>All classes of a source as test classes, prepared as given.</summary>
    public static ClassFamily ForTest(string path, TextPreprocessing preprocessing) =>
        Create(
            Name,
            [
                [],
                [],
                ClassesOf(TextFiles.Examples(path)),
            ],
            preprocessing,
            []
        );

    /// <summary>Classes in ordinal order of their names, their texts in the order given.</summary>
    public static TextClass[] ClassesOf(IEnumerable<TextExample> examples) =>
        [
            .. examples
                .GroupBy(e => e.Label, StringComparer.Ordinal)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new TextClass(g.Key, [.. g.Select(e => (e.Place, e.Text))])),
        ];

    /// <summary>What a recipe says about texts.</summary>
    public static TextPreprocessing PreprocessingOf(TaskSpec spec) =>
        new()
        {
            Units = spec.Units ?? TextUnits.Bytes,
            Length = spec.Length ?? TextPreprocessing.DefaultLength,
            LowerCase = spec.LowerCase ?? true,
            Buckets = spec.Buckets ?? TextPreprocessing.DefaultBuckets,
            Pieces = spec.Pieces ?? TextPreprocessing.DefaultPieces,
        };

    /// <summary>Prepares the texts of all splits.</summary>
    public static ClassFamily Create(
        string name,
        TextClass[][] splits,
        TextPreprocessing preprocessing,
        IReadOnlyList<string> licences,
        TaskSpec? spec = null,
        TextBank? outside = null
    )
    {
        List<(string, string)> texts = [];
        List<ItemClass[]> classes = [];
        using ContentHash hash = new();
        foreach (TextClass[] split in splits)
        {
            List<ItemClass> own = [];
            foreach (TextClass item in split)
            {
                own.Add(new ItemClass(item.Name, texts.Count, item.Texts.Length, Group: spec?.Within is null ? "" : item.Group));
                texts.AddRange(item.Texts);
            }

            classes.Add([.. own]);
        }

        foreach (TextClass item in splits.SelectMany(s => s).OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            hash.Add(item.Name);
            hash.Add(item.Texts.Length);
            foreach ((_, string text) in item.Texts)
            {
                hash.Add(text);
            }
        }

        return new ClassFamily(name, new TextBank(name, texts, preprocessing), [.. classes], spec)
        {
            DataHash = hash.Finish(),
            Licences = licences,
            Preprocessing = Preprocessing.ForText(preprocessing),
            Outside = outside?.All(),
        };
    }
}
