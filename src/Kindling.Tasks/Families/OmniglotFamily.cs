using System.Security.Cryptography;
using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// Omniglot (Lake, Salakhutdinov, Tenenbaum 2015), 20 drawings of a character, each in four rotations that count as classes of their own. On the split of
/// Vinyals et al. 2016 as published with ProtoNet (Snell et al. 2017), 1,028 / 172 / 423 characters, or on Lake's of whole alphabets.
/// </summary>
/// <remarks>
/// Read straight from the two zip files. The data hash is SHA-256 over class names and the decoded 8-bit grey pixels of all
/// drawings of all characters, in the order of the split files, or by set and in ordinal order; how many alphabets are trained on does not change it.
/// </remarks>
internal static class OmniglotFamily
{
    private const string Name = "omniglot";

    private static readonly string[] Archives = ["images_background.zip", "images_evaluation.zip"];

    private static readonly string[] SplitFiles = ["train.txt", "val.txt", "test.txt"];

    private const string Credit = "Omniglot: MIT, Copyright (c) 2015 Brenden Lake";

    private const string VinyalsCredit =
        "Omniglot split of Vinyals et al. as published by jakesnell/prototypical-networks: MIT, Copyright (c) 2017 Jake Snell";

    /// <summary>Where the data are.</summary>
    public static string Folder(TaskSpec spec, string dataRoot) => Path.Combine(dataRoot, spec.Source ?? Name);

    /// <summary>The path of a file that must be there.</summary>
    public static string Find(string folder, params string[] parts)
    {
        string path = Path.Combine([folder, .. parts]);
        return File.Exists(path) ? path : throw new BundleException($"{Name}: '{path}' is not there. {DataRoot.Remedy}");
    }

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string folder = Folder(spec, dataRoot);
        OmniglotSplit? vinyals =
            spec.Split == TaskSpec.LakeSplit ? null : OmniglotSplit.Vinyals(SplitFiles.Select(f => Find(folder, "splits_vinyals", f)));
        Dictionary<string, List<byte[]>>[] archives = [.. Archives.Select(a => ReadArchive(Find(folder, a)))];
        OmniglotSplit split = vinyals ?? OmniglotSplit.Lake(archives[0].Keys, archives[1].Keys, spec, $"{Name}: '{folder}'");
        string[] characters = split.Characters;
        List<byte[]>[] files = [.. characters.Select(c => Drawings(archives, c, folder))];
        ImagePreprocessing preprocessing = new()
        {
            Width = spec.Size ?? ImagePreprocessing.DefaultSize,
            Height = spec.Size ?? ImagePreprocessing.DefaultSize,
            Invert = ImageInversion.Yes,
        };
        int itemSize = preprocessing.Width * preprocessing.Height;
        int[] firsts = new int[characters.Length + 1];
        for (int i = 0; i < characters.Length; i++)
        {
            firsts[i + 1] = firsts[i] + files[i].Count;
        }

        byte[] pixels = ImageBank.Room(
            $"{Name}: {firsts[^1]} drawings of {preprocessing.Width}x{preprocessing.Height}",
            firsts[^1],
            itemSize
        );
        byte[][] hashes = new byte[characters.Length][];
        ImageFiles.ForEach(
            characters.Length,
            c => hashes[c] = Decode(characters[c], files[c], preprocessing, pixels.AsSpan(firsts[c] * itemSize))
        );
        using ContentHash hash = new();
        for (int c = 0; c < characters.Length; c++)
        {
            hash.Add(characters[c]);
            hash.Add(hashes[c]);
        }

        Dictionary<string, int> numbers = characters.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        bool rotations = spec.Rotations ?? true;
        ItemClass[][] classes =
        [
            .. split.Splits.Select(s =>
                s.Where(c => rotations || c.Turns == 0)
                    .Select(c =>
                    {
                        int n = numbers[c.Character];
                        string turned = $"rot{c.Turns * 90:000}";
                        return new ItemClass(
                            $"{c.Character}/{turned}",
                            firsts[n],
                            files[n].Count,
                            new ItemView(c.Turns),
                            spec.Within is null ? "" : $"{OmniglotSplit.AlphabetOf(c.Character)}/{turned}"
                        );
                    })
                    .ToArray()
            ),
        ];
        return new ClassFamily(Name, new ImageBank(pixels, 1, preprocessing.Height, preprocessing.Width), classes, spec)
        {
            DataHash = hash.Finish(),
            Licences = vinyals is null ? [Credit] : [Credit, VinyalsCredit],

            // The drawings are known to be dark on light; an app's pictures are not.
            Preprocessing = Preprocessing.ForImage(preprocessing.WithInvert(spec.Invert ?? ImageInversion.Auto)),
        };
    }

    private static byte[] Decode(string character, List<byte[]> files, ImagePreprocessing preprocessing, Span<byte> pixels)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        float[] values = new float[preprocessing.Width * preprocessing.Height];
        for (int i = 0; i < files.Count; i++)
        {
            ImageInput image = ImageFiles.DecodeGrey(files[i], $"{Name}: {character}, drawing {i + 1}", hash);
            preprocessing.Apply(image, values);
            ImageBank.Quantise(values, pixels.Slice(i * values.Length, values.Length));
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The compressed PNGs of every character, drawings in ordinal order of their names.</summary>
    private static Dictionary<string, List<byte[]>> ReadArchive(string path)
    {
        using PictureArchive archive = PictureArchive.Open(path);
        return archive
            .Names.Select(name => (Name: name, Parts: name.Split('/')))
            .Where(e => e.Parts.Length == 4 && e.Parts[0] != "__MACOSX" && e.Parts[3].EndsWith(".png", StringComparison.Ordinal))
            .GroupBy(e => $"{e.Parts[1]}/{e.Parts[2]}", StringComparer.Ordinal)
            .ToDictionary(
                c => c.Key,
                c => c.OrderBy(e => e.Parts[3], StringComparer.Ordinal).Select(e => archive.Read(e.Name)).ToList(),
                StringComparer.Ordinal
            );
    }

    private static List<byte[]> Drawings(Dictionary<string, List<byte[]>>[] archives, string character, string folder)
    {
        List<byte[]> drawings = [.. archives.Where(a => a.ContainsKey(character)).SelectMany(a => a[character])];
        return drawings.Count > 0
            ? drawings
            : throw new BundleException($"{Name}: character '{character}' is in the split but not in the zip files in '{folder}'.");
    }
}
