using System.Globalization;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>
/// A CSV file (RFC 4180, UTF-8) with a header: <c>label</c> is a class or the target, <c>label.0</c>, <c>label.1</c>, ...
/// are several targets, <c>task</c> names the task a row belongs to; every other column is a number, an input.
/// </summary>
public sealed class TableFile
{
    /// <summary>The column of class names or of the only target.</summary>
    public const string LabelColumn = "label";

    /// <summary>The column that groups rows into tasks.</summary>
    public const string TaskColumn = "task";

    private readonly float[] _values;
    private readonly string[][] _labels;
    private readonly string[]? _tasks;

    private TableFile(string path, string[] columns, string[] targets, float[] values, string[][] labels, string[]? tasks)
    {
        Path = path;
        Columns = columns;
        TargetColumns = targets;
        _values = values;
        _labels = labels;
        _tasks = tasks;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The input columns in the file's order; at least one.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary><c>label</c>, or <c>label.0</c>, <c>label.1</c>, ..., or empty when the file has no labels.</summary>
    public IReadOnlyList<string> TargetColumns { get; }

    /// <summary>Rows below the header; at least one.</summary>
    public int RowCount => _labels.Length;

    /// <summary>The task of every row, or null without a <c>task</c> column.</summary>
    public IReadOnlyList<string>? Tasks => _tasks;

    /// <summary>Reads and checks the whole file.</summary>
    /// <exception cref="BundleException">
    /// Missing, without header or rows, ragged, a column without or with a repeated name, an input that is no finite number, an empty task, or no UTF-8.
    /// </exception>
    public static TableFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (string[] header, List<string[]> rows) = CsvText.Read(path);
        string[] targets = TargetsOf(path, header);
        int[] inputs = [.. header.Index().Where(h => h.Item != TaskColumn && !targets.Contains(h.Item)).Select(h => h.Index)];
        if (inputs.Length == 0)
        {
            throw new BundleException($"'{path}': the header names no input column, only {string.Join(", ", header)}.");
        }

        int[] labels = [.. targets.Select(t => Array.IndexOf(header, t))];
        int task = Array.IndexOf(header, TaskColumn);
        float[] values = new float[rows.Count * inputs.Length];
        for (int r = 0; r < rows.Count; r++)
        {
            if (task >= 0 && string.IsNullOrWhiteSpace(rows[r][task]))
            {
                throw new BundleException($"'{path}', row {r + 1}, column '{TaskColumn}': expected the name of a task, got nothing.");
            }

            for (int c = 0; c < inputs.Length; c++)
            {
                values[(r * inputs.Length) + c] = Number(path, r, header[inputs[c]], rows[r][inputs[c]]);
            }
        }

        return new TableFile(
            path,
            [.. inputs.Select(i => header[i])],
            targets,
            values,
            [.. rows.Select(r => labels.Select(l => r[l]).ToArray())],
            task < 0 ? null : [.. rows.Select(r => r[task])]
        );
    }

    /// <summary>The inputs of a row (0-based) in the file's order.</summary>
    public ReadOnlySpan<float> Row(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, RowCount);
        return _values.AsSpan(index * Columns.Count, Columns.Count);
    }

    /// <summary>The inputs of all rows, raw, with the columns in the order asked for: <c>[rows, columns]</c>.</summary>
    /// <exception cref="BundleException">A column is missing, or the file has one that was not asked for.</exception>
    public FloatTensor Select(IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        string[] missing = [.. columns.Where(c => !Columns.Contains(c, StringComparer.Ordinal))];
        string[] extra = [.. Columns.Where(c => !columns.Contains(c, StringComparer.Ordinal))];
        if (missing.Length > 0 || extra.Length > 0)
        {
            throw new BundleException(
                $"'{Path}': expected the input columns {string.Join(", ", columns)}; got {string.Join(", ", Columns)}."
            );
        }

        int[] order = [.. columns.Select(c => Columns.Index().First(o => o.Item == c).Index)];
        float[] values = new float[RowCount * order.Length];
        for (int r = 0; r < RowCount; r++)
        {
            ReadOnlySpan<float> row = Row(r);
            for (int c = 0; c < order.Length; c++)
            {
                values[(r * order.Length) + c] = row[order[c]];
            }
        }

        return new FloatTensor([RowCount, order.Length], values);
    }

    /// <summary>The class name of every row.</summary>
    /// <exception cref="BundleException">There is no <c>label</c> column, or a label is empty.</exception>
    public IReadOnlyList<string> Classes()
    {
        if (TargetColumns is not [LabelColumn])
        {
            throw new BundleException(
                $"'{Path}': classes need a column '{LabelColumn}', the header has "
                    + (TargetColumns.Count == 0 ? "none." : $"{string.Join(", ", TargetColumns)}.")
            );
        }

        for (int r = 0; r < RowCount; r++)
        {
            if (string.IsNullOrWhiteSpace(_labels[r][0]))
            {
                throw new BundleException($"'{Path}', row {r + 1}, column '{LabelColumn}': expected a class name, got nothing.");
            }
        }

        return [.. _labels.Select(l => l[0])];
    }

    /// <summary>The targets of every row as numbers: <c>[rows, targets]</c>.</summary>
    /// <exception cref="BundleException">There are no labels, or one is no finite number.</exception>
    public FloatTensor Targets()
    {
        if (TargetColumns.Count == 0)
        {
            throw new BundleException(
                $"'{Path}': targets need a column '{LabelColumn}' (or '{LabelColumn}.0', '{LabelColumn}.1', ...), the header has none."
            );
        }

        float[] values = new float[RowCount * TargetColumns.Count];
        for (int i = 0; i < values.Length; i++)
        {
            (int r, int c) = Math.DivRem(i, TargetColumns.Count);
            values[i] = Number(Path, r, TargetColumns[c], _labels[r][c]);
        }

        return new FloatTensor([RowCount, TargetColumns.Count], values);
    }

    /// <summary>The labels of a row (0-based) as text, one for each of <see cref="TargetColumns"/>.</summary>
    internal IReadOnlyList<string> Labels(int index) => _labels[index];

    private static string[] TargetsOf(string path, string[] header)
    {
        string[] several = [.. header.Where(h => h.StartsWith(LabelColumn + ".", StringComparison.Ordinal))];
        bool single = header.Contains(LabelColumn);
        if (several.Length == 0)
        {
            return single ? [LabelColumn] : [];
        }

        string[] expected = [.. Enumerable.Range(0, several.Length).Select(i => $"{LabelColumn}.{i}")];
        if (single || expected.Except(several, StringComparer.Ordinal).Any())
        {
            throw new BundleException(
                $"'{path}': expected either '{LabelColumn}' or '{LabelColumn}.0', '{LabelColumn}.1', ... without gaps; got "
                    + $"{string.Join(", ", header.Where(h => h == LabelColumn || several.Contains(h)))}."
            );
        }

        return expected;
    }

    private static float Number(string path, int row, string column, string text) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
            ? value
            : throw new BundleException($"'{path}', row {row + 1}, column '{column}': expected a finite number, got '{text}'.");
}
