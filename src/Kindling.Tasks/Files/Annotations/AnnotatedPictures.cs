using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>
/// Reads pictures with boxes: Pascal VOC (an XML file for each picture), COCO (one JSON file), or a CSV file with the columns <c>image, class, xmin, ymin, xmax, ymax</c> and, if wanted,
/// <c>split</c>. Edges are taken as they stand, in pixels from the top left corner.
/// </summary>
/// <remarks>
/// A folder is read as the first of these that it has: <c>boxes.csv</c>; JSON files in it or in <c>annotations/</c>, exactly one; XML files in it or in <c>Annotations/</c>, with the
/// parts of <c>ImageSets/Main/*.txt</c>. Pictures lie where the annotations say, or in <c>JPEGImages/</c> or <c>images/</c>.
/// </remarks>
public static class AnnotatedPictures
{
    private const string CsvName = "boxes.csv";

    private static readonly string[] PictureFolders = ["", "JPEGImages", "images"];

    /// <summary>Reads a folder, a JSON file or a CSV file.</summary>
    /// <returns>Pictures in the ordinal order of their names; at least one.</returns>
    /// <exception cref="BundleException">
    /// Nothing to read, a malformed file, a picture that is missing or told of twice, or a box outside its picture, without an area or of an unknown class; the message names file and line.
    /// </exception>
    public static IReadOnlyList<AnnotatedPicture> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IReadOnlyList<Annotation> found =
            Directory.Exists(path) ? ReadFolder(path)
            : !File.Exists(path) ? throw new BundleException($"'{path}' is not there: expected {Expected}.")
            : IsJson(path) ? CocoAnnotations.Read(path)
            : Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase) ? CsvAnnotations.Read(path)
            : throw new BundleException($"'{path}' holds no annotations: expected {Expected}.");
        string root = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (found.Count == 0)
        {
            throw new BundleException($"'{path}' tells of no picture.");
        }

        AnnotatedPicture[] pictures = [.. found.Select(annotation => Checked(annotation, root))];
        RefuseTwice(found, pictures);
        return [.. pictures.OrderBy(picture => picture.File, StringComparer.Ordinal)];
    }

    private static string Expected => "a folder of Pascal VOC, COCO or CSV annotations, a COCO .json file or a .csv file";

    private static bool IsJson(string path) => Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<Annotation> ReadFolder(string folder)
    {
        string csv = Path.Combine(folder, CsvName);
        if (File.Exists(csv))
        {
            return CsvAnnotations.Read(csv);
        }

        string[] json = Files(folder, "annotations", ".json");
        if (json.Length > 1)
        {
            throw new BundleException($"'{folder}' has {json.Length} JSON files: name the one that is meant, {string.Join(" or ", json)}.");
        }

        if (json.Length == 1)
        {
            return CocoAnnotations.Read(json[0]);
        }

        string[] xml = Files(folder, "Annotations", ".xml");
        return xml.Length > 0
            ? VocAnnotations.Read(folder, xml)
            : throw new BundleException($"'{folder}' holds no annotations: expected {Expected}.");
    }

    private static string[] Files(string folder, string below, string extension)
    {
        string inner = Path.Combine(folder, below);
        return
        [
            .. new[] { folder, inner }
                .Where(Directory.Exists)
                .SelectMany(Directory.EnumerateFiles)
                .Where(file => Path.GetExtension(file).Equals(extension, StringComparison.OrdinalIgnoreCase))
                .Where(file => !Path.GetFileName(file).StartsWith('.'))
                .Order(StringComparer.Ordinal),
        ];
    }

    // One file under two names would be in support and query.
    private static void RefuseTwice(IReadOnlyList<Annotation> found, AnnotatedPicture[] pictures)
    {
        Dictionary<string, Annotation> files = new(StringComparer.Ordinal);
        foreach ((Annotation annotation, AnnotatedPicture picture) in found.Zip(pictures))
        {
            string file = Path.GetFullPath(picture.File);
            if (!files.TryAdd(file, annotation))
            {
                Annotation first = files[file];
                throw new BundleException(
                    $"{annotation.Place}: the picture '{annotation.Picture}' is '{file}', as is '{first.Picture}' of {first.Place}: expected one annotation of each picture."
                );
            }
        }
    }

    private static AnnotatedPicture Checked(Annotation annotation, string root)
    {
        string file =
            Find(annotation.Picture, root)
            ?? throw new BundleException(
                $"{annotation.Place}: the picture '{annotation.Picture}' is not in '{root}' nor in its JPEGImages or images."
            );
        (int width, int height) = ImageFiles.Size(file);
        foreach ((LabelledBox item, string place) in annotation.Objects)
        {
            Box box = item.Box;
            if (!(box.Width > 0 && box.Height > 0))
            {
                throw new BundleException($"{place}: the box {box} of '{item.Label}' has no area.");
            }

            if (box.Left < 0 || box.Top < 0 || box.Right > width || box.Bottom > height)
            {
                throw new BundleException($"{place}: the box {box} of '{item.Label}' is outside its picture of {width}x{height}.");
            }
        }

        return new AnnotatedPicture
        {
            File = file,
            Objects = [.. annotation.Objects.Select(o => o.Item)],
            Part = annotation.Part,
        };
    }

    // a name without extension is that of a picture with any
    private static string? Find(string name, string root)
    {
        string[] names = ImageFiles.IsImage(name) ? [name] : [.. ImageFiles.Extensions.Select(extension => name + extension)];
        return PictureFolders
            .SelectMany(folder => names.Select(n => Path.Combine(root, folder, n)))
            .Concat(names.Select(n => Path.Combine(root, "..", "images", n)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>What an annotation file says of a picture.</summary>
    /// <param name="Picture">Its name.</param>
    /// <param name="Place">Where that stands, for messages.</param>
    /// <param name="Objects">Its objects, each with the place where it stands.</param>
    /// <param name="Part">The part of the set.</param>
    internal sealed record Annotation(string Picture, string Place, IReadOnlyList<(LabelledBox Item, string Place)> Objects, string? Part);
}
