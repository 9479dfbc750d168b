using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Cli;

/// <summary>Reads what `adapt` and `predict` are given: a folder of class folders, pictures, or a CSV file.</summary>
internal static class InputReader
{
    /// <summary>Labelled examples from a folder of class folders or a CSV file.</summary>
    public static SupportSet Support(BundleManifest manifest, string path)
    {
        if (manifest.Preprocessing.Image is not null)
        {
            return SupportSet.FromImages(
                manifest,
                ImageFolder.Read(path).Classes.SelectMany(c => c.Files.Select(f => (c.Name, ImageFiles.Decode(f))))
            );
        }

        TableFile table = TableFile.Read(path);
        FloatTensor rows = table.Select(Columns(manifest));
        IEnumerable<FloatTensor> inputs = Enumerable.Range(0, table.RowCount).Select(r => Prepare(manifest, rows, r));
        if (manifest.IsClassification)
        {
            return SupportSet.FromExamples(table.Classes().Zip(inputs));
        }

        FloatTensor targets = table.Targets();
        int width = targets.Shape[1];
        return SupportSet.FromTargets(
            inputs.Select((input, r) => (input, new FloatTensor([width], targets.Values[(r * width)..((r + 1) * width)])))
        );
    }

    /// <summary>Inputs to predict, each with its name: pictures, folders of pictures or CSV files.</summary>
    public static IEnumerable<(string Name, FloatTensor Input, string? Applied)> Inputs(BundleManifest manifest, IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            if (manifest.Preprocessing.Image is { } preprocessing)
            {
                foreach (string file in Pictures(path))
                {
                    ImageInput image = ImageFiles.Decode(file);
                    yield return (file, manifest.Prepare(image), preprocessing.Describe(image));
                }
            }
            else
            {
                TableFile table = TableFile.Read(path);
                FloatTensor rows = table.Select(Columns(manifest));
                for (int r = 0; r < table.RowCount; r++)
                {
                    yield return ($"{path}:{r + 1}", Prepare(manifest, rows, r), null);
                }
            }
        }
    }

    /// <summary>Opens a bundle.</summary>
    public static AdaptableModel Open(string bundle, int? steps) => AdaptableModel.Open(bundle, new AdaptOptions { Steps = steps });

    private static IReadOnlyList<string> Columns(BundleManifest manifest) =>
        manifest.Preprocessing.Table?.Columns ?? throw new BundleException($"'{manifest.Name}' takes neither pictures nor tables.");

    private static FloatTensor Prepare(BundleManifest manifest, FloatTensor rows, int row)
    {
        int width = rows.Shape[1];
        return manifest.Prepare(rows.Values.AsSpan(row * width, width));
    }

    private static IEnumerable<string> Pictures(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files =
        [
            .. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(ImageFiles.IsImage).Order(StringComparer.Ordinal),
        ];
        return files.Length > 0
            ? files
            : throw new BundleException($"{path}: expected pictures ({string.Join(", ", ImageFiles.Extensions)}), found none.");
    }
}
