using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>The cells of a CSV file (UTF-8) as text, all rows as wide as the header.</summary>
internal static class CsvText
{
    /// <summary>The largest file that is read: 256 MiB.</summary>
    private const long MaximumBytes = 1 << 28;

    public static (string[] Header, List<string[]> Rows) Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new BundleException($"'{path}' is not there: expected a CSV file with a header.");
        }

        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaximumBytes)
            {
                throw new BundleException(
                    $"'{path}' has {stream.Length} bytes, more than the {MaximumBytes} that are accepted for a table."
                );
            }

            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            using StringReader reader = new(TextPreprocessing.Decode(content));
            return Parse(path, reader);
        }
        catch (ArgumentException exception)
        {
            throw new BundleException($"'{path}': {exception.Message}", exception);
        }
        catch (CsvHelperException exception)
        {
            throw new BundleException($"'{path}' is not a well-formed CSV file: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static (string[] Header, List<string[]> Rows) Parse(string path, StringReader reader)
    {
        string? bad = null;
        CsvConfiguration configuration = new(CultureInfo.InvariantCulture)
        {
            TrimOptions = TrimOptions.Trim,
            BadDataFound = found => bad ??= found.RawRecord,
        };
        using CsvParser parser = new(reader, configuration);
        if (!parser.Read() || parser.Record is not { } header)
        {
            throw new BundleException($"'{path}' is empty: expected a header.");
        }

        CheckHeader(path, header);
        List<string[]> rows = [];
        while (parser.Read())
        {
            string[] record = parser.Record!;
            int row = rows.Count + 1;
            if (bad is not null)
            {
                throw new BundleException($"'{path}', row {row}: a quotation mark is out of place.");
            }

            if (record.Length != header.Length)
            {
                throw new BundleException($"'{path}', row {row}: expected {header.Length} cells as in the header, got {record.Length}.");
            }

            rows.Add(record);
        }

        return rows.Count > 0 ? (header, rows) : throw new BundleException($"'{path}' has a header but no rows: expected at least one.");
    }

    private static void CheckHeader(string path, string[] header)
    {
        for (int i = 0; i < header.Length; i++)
        {
            if (header[i].Length == 0)
            {
                throw new BundleException($"'{path}': column {i + 1} of the header has no name.");
            }

            if (Array.IndexOf(header, header[i]) < i)
            {
                throw new BundleException($"'{path}': the header names column '{header[i]}' twice.");
            }
        }

        if (Array.TrueForAll(header, h => double.TryParse(h, CultureInfo.InvariantCulture, out _)))
        {
            throw new BundleException(
                $"'{path}': expected a header with the names of the columns, got the numbers {string.Join(", ", header)}."
            );
        }
    }
}
