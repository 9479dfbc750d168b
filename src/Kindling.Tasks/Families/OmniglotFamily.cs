using System.IO.Compression;
using System.Security.Cryptography;
using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// Omniglot (Lake, Salakhutdinov, Tenenbaum 2015) on the split of Vinyals et al. 2016 as published with ProtoNet (Snell et
/// al. 2017): 1,028 / 172 / 423 characters, each in four rotations that count as classes of their own, 20 drawings each.
/// </summary>
/// <remarks>
/// Read straight from the two zip files. The data hash is SHA-256 over class names and the decoded 8-bit grey pixels of all
/// drawings of all characters in the splits, in the order of the split files.
/// </remarks>
internal static class OmniglotFamily
{
    private const string Name = "omniglot";

    private static readonly string[] Archives = ["images_background.zip", "images_evaluation.zip"];

    private static readonly string[] SplitFiles = ["train.txt", "val.txt", "test.txt"];

    private static readonly string[] Credits =
    [
        "Omniglot: MIT, Copyright (c) 2015 Brenden Lake",
        "Omniglot split of Vinyals et al. as published by jakesnell/prototypical-networks: MIT, Copyright (c) 2017 Jake Snell",
    ];

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string folder = Path.Combine(dataRoot, spec.Source ?? Name);
        List<(string Character, int Turns)>[] splits = [.. SplitFiles.Select(f => ReadSplit(Find(folder, "splits_vinyals", f)))];
        string[] characters = [.. splits.SelectMany(s => s).Select(c => c.Character).Distinct(StringComparer.Ordinal)];
        List<byte[]>[] files = ReadArchives(folder, characters);
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

        byte[] pixels = new byte[firsts[^1] * itemSize];
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
            .. splits.Select(s =>
                s.Where(c => rotations || c.Turns == 0)
                    .Select(c =>
                    {
                        int n = numbers[c.Character];
                        return new ItemClass($"{c.Character}/rot{c.Turns * 90:000}", firsts[n], files[n].Count, new ItemView(c.Turns));
                    })
                    .ToArray()
            ),
        ];
        return new ClassFamily(Name, new ImageBank(pixels, 1, preprocessing.Height, preprocessing.Width), classes, spec)
        {
            DataHash = hash.Finish(),
            Licences = Credits,

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

    private static string Find(string folder, params string[] parts)
    {
        string path = Path.Combine([folder, .. parts]);
        return File.Exists(path) ? path : throw new BundleException($"{Name}: '{path}' is not there. {DataRoot.Remedy}");
    }

    private static List<(string Character, int Turns)> ReadSplit(string path)
    {
        List<(string, int)> classes = [];
        foreach ((int index, string line) in File.ReadLines(path).Index())
        {
            if (line.Length == 0)
            {
                continue;
            }

            int slash = line.LastIndexOf('/');
            int turns = slash < 0 ? -1 : Array.IndexOf(["rot000", "rot090", "rot180", "rot270"], line[(slash + 1)..]);
            if (turns < 0)
            {
                throw new BundleException(
                    $"'{path}', line {index + 1}: expected Alphabet/characterNN/rot000 (or 090, 180, 270), got '{line}'."
                );
            }

            classes.Add((line[..slash], turns));
        }

        return classes;
    }

    /// <summary>The compressed PNGs of every character, drawings in ordinal order of their names.</summary>
    private static List<byte[]>[] ReadArchives(string folder, string[] characters)
    {
        Dictionary<string, List<(string Name, byte[] Content)>> found = characters.ToDictionary(
            c => c,
            _ => new List<(string, byte[])>(20),
            StringComparer.Ordinal
        );
        foreach (string archive in Archives)
        {
            string path = Find(folder, archive);
            try
            {
                using ZipArchive zip = ZipFile.OpenRead(path);
                foreach (ZipArchiveEntry entry in zip.Entries)
                {
                    string[] parts = entry.FullName.Split('/');
                    if (
                        parts.Length == 4
                        && parts[3].EndsWith(".png", StringComparison.Ordinal)
                        && found.TryGetValue($"{parts[1]}/{parts[2]}", out List<(string, byte[])>? drawings)
                    )
                    {
                        drawings.Add((parts[3], Read(entry)));
                    }
                }
            }
            catch (InvalidDataException exception)
            {
                throw new BundleException($"'{path}' is not a readable zip file: {exception.Message}", exception);
            }
        }

        foreach (string character in characters)
        {
            if (found[character].Count == 0)
            {
                throw new BundleException($"{Name}: character '{character}' is in the split but not in the zip files in '{folder}'.");
            }
        }

        return [.. characters.Select(c => found[c].OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => d.Content).ToList())];
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        // The originals have a few hundred bytes; the limit keeps a hostile entry from unpacking without end.
        const int limit = 1 << 20;
        if (entry.Length > limit)
        {
            throw new BundleException(
                $"{Name}: '{entry.FullName}' unpacks to {entry.Length} bytes, more than the {limit} that are accepted."
            );
        }

        byte[] content = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(content);
        return content;
    }
}
