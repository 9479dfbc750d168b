using System.Globalization;
using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Files;

namespace Kindling.Tasks;

/// <summary>
/// The 20 runs of Omniglot's one-shot classification (Lake, Salakhutdinov and Tenenbaum 2015): in each one drawing of each of 20 characters of one
/// evaluation alphabet, and another drawing of each by another hand, which is to be classified; 400 in all.
/// </summary>
public static class OneShotRuns
{
    /// <summary>Runs.</summary>
    public const int Count = 20;

    /// <summary>Characters of a run, one drawing to learn from and one to classify each.</summary>
    public const int Ways = 20;

    private const string FileName = "one_shot_all_runs.zip";

    /// <summary>Reads the runs.</summary>
    /// <param name="tasks">The <c>omniglot</c> tasks of a recipe, which say where the data are.</param>
    /// <param name="dataRoot">The folder of real data sets.</param>
    /// <param name="preprocessing">How the model wants its pictures.</param>
    /// <returns>An episode a run; class k is the run's <c>class(k+1).png</c>, and its query is the item that <c>class_labels.txt</c> assigns to it.</returns>
    /// <exception cref="BundleException">The zip file is missing, damaged or not laid out as the runs are.</exception>
    public static IReadOnlyList<Episode> Read(TaskSpec tasks, string dataRoot, ImagePreprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        ArgumentNullException.ThrowIfNull(dataRoot);
        ArgumentNullException.ThrowIfNull(preprocessing);
        using PictureArchive archive = PictureArchive.Open(OmniglotFamily.Find(OmniglotFamily.Folder(tasks, dataRoot), FileName));
        return [.. Numbers(Count).Select(number => Run(archive, $"run{number}", preprocessing))];
    }

    private static Episode Run(PictureArchive archive, string run, ImagePreprocessing preprocessing)
    {
        string[] classes = [.. Numbers(Ways).Select(n => $"{run}/training/class{n}.png")];
        string[] items = Items(archive, run, classes);
        return new Episode
        {
            SupportX = Pictures(archive, classes, preprocessing),
            SupportY = Labels(),
            QueryX = Pictures(archive, items, preprocessing),
            QueryY = Labels(),
            Classes = classes,
        };
    }

    /// <summary>The item of each class.</summary>
    private static string[] Items(PictureArchive archive, string run, string[] classes)
    {
        string name = $"{run}/class_labels.txt";
        HashSet<string> left = [.. Numbers(Ways).Select(n => $"{run}/test/item{n}.png")];
        string?[] items = new string?[Ways];
        string text = System.Text.Encoding.UTF8.GetString(archive.Read(name));
        foreach (string line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            int label = words.Length == 2 ? Array.IndexOf(classes, words[1]) : -1;
            if (label < 0 || items[label] is not null || !left.Remove(words[0]))
            {
                throw new BundleException(
                    $"'{archive.Path}', {name}: expected lines {run}/test/itemNN.png {run}/training/classNN.png, each of {Ways} items and "
                        + $"{Ways} classes once, got '{line}'."
                );
            }

            items[label] = words[0];
        }

        return left.Count == 0
            ? [.. items.Select(i => i!)]
            : throw new BundleException($"'{archive.Path}', {name}: expected {Ways} lines, got {Ways - left.Count}.");
    }

    private static FloatTensor Pictures(PictureArchive archive, string[] names, ImagePreprocessing preprocessing)
    {
        float[][] pictures =
        [
            .. names.Select(n => preprocessing.Apply(ImageFiles.Decode(archive.Read(n), $"'{archive.Path}': {n}")).Values),
        ];
        return new FloatTensor(
            [names.Length, preprocessing.Channels, preprocessing.Height, preprocessing.Width],
            [.. pictures.SelectMany(p => p)]
        );
    }

    private static FloatTensor Labels() => new([Ways], [.. Enumerable.Range(0, Ways).Select(i => (float)i)]);

    private static IEnumerable<string> Numbers(int count) =>
        Enumerable.Range(1, count).Select(n => n.ToString("00", CultureInfo.InvariantCulture));
}
