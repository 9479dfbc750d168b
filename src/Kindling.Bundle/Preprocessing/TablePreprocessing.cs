namespace Kindling.Bundles;

/// <summary>How a row of numbers becomes the input of a model: (value - mean) / scale, column by column.</summary>
public sealed class TablePreprocessing
{
    /// <summary>The columns in the order in which the model wants them.</summary>
    public IReadOnlyList<string> Columns
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>What is subtracted, one number a column.</summary>
    public IReadOnlyList<float> Mean
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>What is divided by, one positive number a column.</summary>
    public IReadOnlyList<float> Scale
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>A table that is used as it is: mean 0, scale 1.</summary>
    public static TablePreprocessing Plain(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        float[] scale = new float[columns.Length];
        Array.Fill(scale, 1f);
        return new TablePreprocessing
        {
            Columns = columns,
            Mean = new float[columns.Length],
            Scale = scale,
        };
    }

    /// <summary>All faults of these settings, empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (Columns.Count == 0)
        {
            faults.Add("columns must name at least one column.");
        }

        foreach (IGrouping<string, string> group in Columns.GroupBy(c => c, StringComparer.Ordinal))
        {
            if (group.Count() > 1)
            {
                faults.Add($"columns names '{group.Key}' {group.Count()} times.");
            }
        }

        if (Mean.Count != Columns.Count)
        {
            faults.Add($"mean must have {Columns.Count} numbers, one a column, got {Mean.Count}.");
        }

        if (Scale.Count != Columns.Count)
        {
            faults.Add($"scale must have {Columns.Count} numbers, one a column, got {Scale.Count}.");
        }

        if (Mean.Any(m => !float.IsFinite(m)))
        {
            faults.Add("mean must be finite.");
        }

        if (Scale.Any(s => !float.IsFinite(s) || s <= 0))
        {
            faults.Add("scale must be finite and positive.");
        }

        return faults;
    }

    /// <summary>Prepares one row into <paramref name="destination"/>; both are as long as <see cref="Columns"/>.</summary>
    /// <exception cref="ArgumentException">A length differs from the number of columns.</exception>
    public void Apply(ReadOnlySpan<float> row, Span<float> destination)
    {
        if (row.Length != Columns.Count || destination.Length != Columns.Count)
        {
            throw new ArgumentException($"A row must have {Columns.Count} values, got {row.Length} (destination {destination.Length}).");
        }

        for (int i = 0; i < row.Length; i++)
        {
            destination[i] = (row[i] - Mean[i]) / Scale[i];
        }
    }
}
