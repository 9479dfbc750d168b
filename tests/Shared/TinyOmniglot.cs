using System.IO.Compression;

namespace Kindling.TestSupport;

/// <summary>A folder laid out as Omniglot is, with few and small drawings of noise.</summary>
internal static class TinyOmniglot
{
    public const int Drawings = 3;
    private const int Size = 8;

    /// <summary>Writes the two sets: alphabets and how many characters they have.</summary>
    public static void Write(string folder, (string Name, int Characters)[] background, (string Name, int Characters)[] evaluation)
    {
        WriteSet(folder, "images_background", background);
        WriteSet(folder, "images_evaluation", evaluation);
    }

    /// <summary>Writes the one-shot runs, item k of which is of class 21 - k, with a change to their entries (null takes an entry away).</summary>
    public static string WriteRuns(string folder, Func<string, byte[], byte[]?>? change = null)
    {
        string path = Path.Combine(folder, "one_shot_all_runs.zip");
        File.Delete(path);
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (string run in Enumerable.Range(1, 20).Select(n => $"run{n:00}"))
        {
            string labels = "";
            foreach (int n in Enumerable.Range(1, 20))
            {
                labels += $"{run}/test/item{n:00}.png {run}/training/class{21 - n:00}.png\n";
                Add($"{run}/training/class{n:00}.png", Picture($"{run}{n}", 0));
                Add($"{run}/test/item{n:00}.png", Picture($"{run}{21 - n}", 1));
            }

            Add($"{run}/class_labels.txt", System.Text.Encoding.UTF8.GetBytes(labels));
        }

        return path;

        void Add(string name, byte[] content)
        {
            if ((change is null ? content : change(name, content)) is { } changed)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(changed);
            }
        }
    }

    private static void WriteSet(string folder, string set, (string Name, int Characters)[] alphabets)
    {
        _ = Directory.CreateDirectory(folder);
        using ZipArchive zip = ZipFile.Open(Path.Combine(folder, $"{set}.zip"), ZipArchiveMode.Create);
        foreach ((string alphabet, int characters) in alphabets)
        {
            foreach (int c in Enumerable.Range(1, characters))
            {
                foreach (int d in Enumerable.Range(1, Drawings))
                {
                    using Stream entry = zip.CreateEntry($"{set}/{alphabet}/character{c:00}/{c:0000}_{d:00}.png").Open();
                    entry.Write(Picture($"{alphabet}{c}", d));
                }
            }
        }
    }

    // Noise that belongs to the character, one pixel of it to the drawing.
    private static byte[] Picture(string character, int drawing)
    {
        ulong state = character.Aggregate(14695981039346656037UL, (hash, letter) => (hash ^ letter) * 1099511628211UL);
        byte[] pixels = new byte[Size * Size];
        for (int i = 0; i < pixels.Length; i++)
        {
            state = (state * 6364136223846793005UL) + 1442695040888963407UL;
            bool border = i < Size || i >= pixels.Length - Size || i % Size is 0 or Size - 1;
            pixels[i] = border || state >> 63 == 0 ? (byte)255 : (byte)0;
        }

        pixels[Size + 1 + drawing] ^= 255;
        return PngFile.Of(Size, Size, pixels);
    }
}
