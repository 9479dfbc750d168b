using Kindling.Tasks;

namespace Kindling.Cli.Tests;

/// <summary>Folders of class folders with drawings of generated glyphs, as another program than the training would have made them.</summary>
internal static class Drawings
{
    private const int Size = 28;

    /// <summary>Draws <paramref name="each"/> pictures of each class into folders <c>a</c>, <c>b</c>, ... and returns their names.</summary>
    /// <param name="folder">Where the class folders go.</param>
    /// <param name="classes">Classes; the same seed gives the same shapes.</param>
    /// <param name="each">Pictures a class.</param>
    /// <param name="seed">Other seeds draw the same classes anew when the number of classes is the same.</param>
    /// <param name="style">What the pictures look like.</param>
    public static string[] Write(string folder, int classes, int each, ulong seed, DrawingStyle style)
    {
        ITaskFamily glyphs = TaskFamilies.Create(
            new TaskSpec
            {
                Type = "glyphs",
                Seed = 5,
                Ways = classes,
                TrainClasses = classes,
                ValidationClasses = classes,
                TestClasses = classes,
            },
            ""
        );
        Episode episode = glyphs.Sample(Split.Test, new EpisodeShape(classes, each, 1), new SeededRandom(seed));
        string[] names = [.. episode.Classes];
        for (int i = 0; i < classes * each; i++)
        {
            float[] ink = episode.SupportX.Values[(i * Size * Size)..((i + 1) * Size * Size)];
            string path = Path.Combine(folder, names[i / each], $"{i % each:00}.{(style.IsJpeg ? "jpg" : "png")}");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, style.Encode(ink, Size));
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }
}
