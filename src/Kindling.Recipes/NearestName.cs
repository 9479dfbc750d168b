namespace Kindling.Recipes;

/// <summary>Finds what was probably meant by a name that does not exist.</summary>
public static class NearestName
{
    /// <summary>The known name with the fewest changed, added and missing letters (case does not count); the first of several.</summary>
    public static string Of(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        return known.MinBy(k => Distance(k, name)) ?? throw new ArgumentException("Expected at least one known name.", nameof(known));
    }

    // Levenshtein distance, one row at a time
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, replaced);
            }
        }

        return row[^1];
    }
}
