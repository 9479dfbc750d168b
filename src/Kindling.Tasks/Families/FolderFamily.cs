using System.Security.Cryptography;
using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>Any folder of class folders of PNG and JPEG pictures, its classes dealt out to the three splits.</summary>
/// <remarks>All pictures are decoded and prepared once, at load, and kept as one byte a value.</remarks>
internal static class FolderFamily
{
    private const string Name = "images";

    public static ClassFamily Load(TaskSpec spec, string dataRoot)
    {
        string path = SourcePath.Find(Name, spec.Source!, dataRoot, Directory.Exists);
        ClassFolder folder = ClassFolder.OfPictures(path);
        int each = spec.Shots + spec.Queries;
        foreach (ClassFolderClass item in folder.Classes)
        {
            if (item.Files.Count < each)
            {
                throw new BundleException(
                    $"{Name}: class folder '{Path.Combine(path, item.Name)}' holds {Words.Count(item.Files.Count, "picture")}, but an "
                        + $"episode needs {each} of each class ({spec.Shots} support, {spec.Queries} query)."
                );
            }
        }

        int[][] splits = SplitPlan.Deal(spec, folder.Classes.Count, spec.Ways, $"{Name}: '{path}'", "class");
        ImagePreprocessing preprocessing = PreprocessingOf(spec);
        (ImageBank bank, ItemClass[] classes, string hash) = Prepare(folder, preprocessing);
        return new ClassFamily(
            Name,
            bank,
            [
                .. splits.Select(s =>
                {
                    IEnumerable<ItemClass> own = s.Select(n => classes[n]);
                    return spec.Rotations ?? false ? ItemClass.WithRotations(own) : [.. own];
                }),
            ],
            spec
        )
        {
            DataHash = hash,
            Licences = [],
            Preprocessing = Preprocessing.ForImage(preprocessing),
        };
    }

    /// <summary>All classes of a folder as test classes, prepared as given.</summary>
    public static ClassFamily ForTest(string path, ImagePreprocessing preprocessing)
    {
        (ImageBank bank, ItemClass[] classes, string hash) = Prepare(ClassFolder.OfPictures(path), preprocessing);
        return new ClassFamily(
            Name,
            bank,
            [
                [],
                [],
                classes,
            ]
        )
        {
            DataHash = hash,
            Licences = [],
            Preprocessing = Preprocessing.ForImage(preprocessing),
        };
    }

    private static ImagePreprocessing PreprocessingOf(TaskSpec spec)
    {
        bool colour = spec.Channels == 3;
        return new ImagePreprocessing
        {
            Width = spec.Size ?? ImagePreprocessing.DefaultSize,
            Height = spec.Size ?? ImagePreprocessing.DefaultSize,
            Channels = spec.Channels ?? 1,
            Invert = spec.Invert ?? (colour ? ImageInversion.No : ImageInversion.Auto),
            Contrast = colour ? ImageContrast.None : ImageContrast.Ink,
        };
    }

    private static (ImageBank Bank, ItemClass[] Classes, string Hash) Prepare(ClassFolder folder, ImagePreprocessing preprocessing)
    {
        List<ItemClass> classes = [];
        List<string> files = [];
        foreach (ClassFolderClass item in folder.Classes)
        {
            classes.Add(new ItemClass(item.Name, files.Count, item.Files.Count));
            files.AddRange(item.Files);
        }

        int size = preprocessing.Channels * preprocessing.Height * preprocessing.Width;
        byte[] pixels = ImageBank.Room($"{Name}: the {files.Count} pictures of '{folder.Path}'", files.Count, size);
        byte[][] hashes = new byte[files.Count][];
        ImageFiles.ForEach(
            files.Count,
            i =>
            {
                ImageInput image = ImageFiles.Decode(files[i]);
                ImageBank.Quantise(preprocessing.Apply(image).Values, pixels.AsSpan(i * size, size));
                hashes[i] = HashOf(image);
            }
        );
        using ContentHash hash = new();
        foreach (ItemClass item in classes)
        {
            hash.Add(item.Name);
            hash.Add(item.Count);
            for (int i = item.First; i < item.First + item.Count; i++)
            {
                hash.Add(hashes[i]);
            }
        }

        return (new ImageBank(pixels, preprocessing.Channels, preprocessing.Height, preprocessing.Width), [.. classes], hash.Finish());
    }

    private static byte[] HashOf(ImageInput image)
    {
        byte[] rgba = new byte[image.Width * image.Height * 4];
        image.CopyTo(rgba);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(image.Width));
        hash.AppendData(rgba);
        return hash.GetHashAndReset();
    }
}
