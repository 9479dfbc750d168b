using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>
/// Texts from a CSV file (UTF-8, columns <c>text</c> and, for examples, <c>label</c>), from a .txt file, which is one text, or from a folder of them.
/// </summary>
public static class TextFiles
{
    /// <summary>The column of texts.</summary>
    public const string TextColumn = "text";

    /// <summary>The extension of text files.</summary>
    public const string Extension = ".txt";

    /// <summary>The largest text file that is read: 1 MiB.</summary>
    private const long MaximumBytes = 1 << 20;

    /// <summary>
    /// Labelled texts: the rows of a CSV file, or the .txt files of a folder with one folder a class. Hidden folders and files (a leading dot) are left alone.
    /// </summary>
    /// <exception cref="BundleException">Missing, malformed, a row without text or label, a class folder without texts, or no UTF-8.</exception>
    public static IReadOnlyList<TextExample> Examples(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path) ? [.. Folder(path)] : [.. Rows(path, TextColumn, TableFile.LabelColumn)];
    }

    /// <summary>Texts, with their place: the rows of a CSV file (columns other than <c>text</c> do not matter), a .txt file, or all of a folder.</summary>
    /// <exception cref="BundleException">As <see cref="Examples"/>.</exception>
    public static IReadOnlyList<(string Place, string Text)> Texts(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            string[] files =
            [
                .. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsText).Order(StringComparer.Ordinal),
            ];
            return files.Length > 0
                ? [.. files.Select(f => (f, Read(f)))]
                : throw new BundleException($"{path}: expected {Extension} files, found none.");
        }

        return IsText(path) ? [(path, Read(path))] : [.. Rows(path, TextColumn, null).Select(r => (r.Place, r.Text))];
    }

    /// <summary>The rows of a CSV file with given columns; without a column of labels these are empty.</summary>
    internal static IEnumerable<TextExample> Rows(string path, string textColumn, string? labelColumn)
    {
        (string[] header, List<string[]> rows) = CsvText.Read(path);
        int text = Column(path, header, textColumn);
        int label = labelColumn is null ? -1 : Column(path, header, labelColumn);
        foreach ((int r, string[] row) in rows.Index())
        {
            string place = $"{path}:{r + 1}";
            if (string.IsNullOrWhiteSpace(row[text]))
            {
                throw new BundleException($"'{path}', row {r + 1}, column '{textColumn}': expected a text, got nothing.");
            }

            if (label >= 0 && string.IsNullOrWhiteSpace(row[label]))
            {
                throw new BundleException($"'{path}', row {r + 1}, column '{labelColumn}': expected a class name, got nothing.");
            }

            yield return new TextExample(label < 0 ? "" : row[label], row[text], place);
        }
    }

    private static int Column(string path, string[] header, string name)
    {
        int column = Array.IndexOf(header, name);
        return column >= 0
            ? column
            : throw new BundleException($"'{path}': expected a column '{name}', the header has {string.Join(", ", header)}.");
    }

    private static IEnumerable<TextExample> Folder(string path)
    {
        string[] folders =
        [
            .. Directory.EnumerateDirectories(path).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal),
        ];
        if (folders.Length == 0)
        {
            throw new BundleException($"'{path}' holds no class folders: expected one folder of {Extension} files for each class.");
        }

        foreach (string folder in folders)
        {
            string[] files = [.. Directory.EnumerateFiles(folder).Where(IsText).Order(StringComparer.Ordinal)];
            if (files.Length == 0)
            {
                throw new BundleException($"Class folder '{folder}' holds no texts: expected at least one {Extension} file.");
            }

            foreach (string file in files)
            {
                yield return new TextExample(Path.GetFileName(folder), Read(file), file);
            }
        }
    }

    private static bool IsText(string path) =>
        Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase) && !Path.GetFileName(path).StartsWith('.');

    private static string Read(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > MaximumBytes)
            {
                throw new BundleException($"'{path}' has {file.Length} bytes, more than the {MaximumBytes} that are accepted for a text.");
            }

            string text = TextPreprocessing.Decode(File.ReadAllBytes(path)).Trim();
            return text.Length > 0 ? text : throw new BundleException($"'{path}': expected a text, the file is empty.");
        }
        catch (ArgumentException exception)
        {
            throw new BundleException($"'{path}': {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }
}
