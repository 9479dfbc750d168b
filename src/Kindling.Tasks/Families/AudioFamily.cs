using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>Any folder of class folders of WAV files, its classes dealt out to the three splits.</summary>
/// <remarks>
/// All recordings are prepared once, at load. The data hash is SHA-256 over the names of the classes, in ordinal order, and rates and samples of their recordings.
/// </remarks>
internal static class AudioFamily
{
    private const string Name = "recordings";

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string path = SourcePath.Find(Name, spec.Source!, dataRoot, Directory.Exists);
        ClassFolder folder = ClassFolder.OfRecordings(path);
        int[][] splits = SplitPlan.Deal(spec, folder.Classes.Count, spec.Ways, $"{Name}: '{path}'", "class");
        return Create(folder, splits, PreprocessingOf(spec), spec);
    }

    /// <summary>All classes of a folder as test classes, prepared as given.</summary>
    public static ClassFamily ForTest(string path, AudioPreprocessing preprocessing)
    {
        ClassFolder folder = ClassFolder.OfRecordings(path);
        return Create(
            folder,
            [
                [],
                [],
                [.. Enumerable.Range(0, folder.Classes.Count)],
            ],
            preprocessing,
            spec: null
        );
    }

    /// <summary>What a recipe says about recordings.</summary>
    public static AudioPreprocessing PreprocessingOf(TaskSpec spec) =>
        new() { Frames = spec.Frames ?? AudioPreprocessing.DefaultFrames, Mels = spec.Mels ?? AudioPreprocessing.DefaultMels };

    private static ClassFamily Create(ClassFolder folder, int[][] splits, AudioPreprocessing preprocessing, TaskSpec? spec)
    {
        List<ItemClass> classes = [];
        List<string> files = [];
        using ContentHash hash = new();
        foreach (ClassFolderClass item in folder.Classes)
        {
            hash.Add(item.Name);
            hash.Add(item.Files.Count);
            classes.Add(new ItemClass(item.Name, files.Count, item.Files.Count));
            files.AddRange(item.Files);
        }

        FloatBank bank = FloatBank.OfRecordings(files.Count, i => AudioFiles.Decode(files[i]), preprocessing, hash);
        return new ClassFamily(Name, bank, [.. splits.Select(s => s.Select(n => classes[n]).ToArray())], spec)
        {
            DataHash = hash.Finish(),
            Licences = [],
            Preprocessing = Preprocessing.ForAudio(preprocessing),
        };
    }
}
