using System.Globalization;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>Boxes in a table: a row for each object.</summary>
internal static class CsvAnnotations
{
    private static readonly string[] Edges = ["xmin", "ymin", "xmax", "ymax"];

    public static IReadOnlyList<AnnotatedPictures.Annotation> Read(string path)
    {
        (string[] header, List<string[]> rows) = CsvText.Read(path);
        int image = Column("image");
        int label = Column("class");
        int[] edges = [.. Edges.Select(Column)];
        int part = Array.IndexOf(header, "split");
        return
        [
            .. rows.Index()
                .GroupBy(row => row.Item[image], StringComparer.Ordinal)
                .Select(group => new AnnotatedPictures.Annotation(
                    group.Key,
                    Place(group.First().Index),
                    [.. group.Select(row => (Box(row.Item, row.Index), Place(row.Index)))],
                    part < 0 ? null : Part(group)
                )),
        ];

        int Column(string name) =>
            Array.IndexOf(header, name) is var index and >= 0
                ? index
                : throw new BundleException(
                    $"'{path}': expected the columns image, class, {string.Join(", ", Edges)}; '{name}' is missing among {string.Join(", ", header)}."
                );

        string Part(IGrouping<string, (int Index, string[] Item)> group)
        {
            (int first, string[] row) = group.First();
            foreach ((int index, string[] other) in group)
            {
                if (other[part] != row[part])
                {
                    throw new BundleException(
                        $"{Place(index)}: the split of '{group.Key}' is '{other[part]}', but '{row[part]}' in row {first + 1}: expected one for all its rows."
                    );
                }
            }

            return row[part];
        }

        string Place(int row) => $"'{path}', row {row + 1}";

        LabelledBox Box(string[] row, int number)
        {
            float[] values = [.. edges.Select(edge => Number(row[edge], header[edge], number))];
            return row[label].Length > 0
                ? new LabelledBox(row[label], new Box(values[0], values[1], values[2], values[3]))
                : throw new BundleException($"{Place(number)}: the class is empty.");
        }

        float Number(string text, string column, int row) =>
            float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
                ? value
                : throw new BundleException($"{Place(row)}: '{column}' must be a number, got '{text}'.");
    }
}
