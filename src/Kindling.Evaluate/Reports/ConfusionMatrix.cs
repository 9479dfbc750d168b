namespace Kindling.Evaluate.Reports;

/// <summary>
/// Which classes are taken for which, over all query examples after adaptation. Where tasks share a few classes the rows are those; where every task
/// has classes of its own they are the places that classes have in their task, which should all fare alike.
/// </summary>
internal sealed class ConfusionMatrix
{
    /// <summary>The most classes that a matrix has by name.</summary>
    public const int MostClasses = 20;

    private readonly Dictionary<(string True, string Predicted), int> pairs = [];

    private ConfusionMatrix(string[] labels, bool isByName)
    {
        Labels = labels;
        IsByName = isByName;
        Counts = new int[labels.Length, labels.Length];
    }

    /// <summary>Names of rows and columns.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Whether rows are classes, else places in a task.</summary>
    public bool IsByName { get; }

    /// <summary>Query examples by true (row) and predicted (column) label.</summary>
    public int[,] Counts { get; }

    /// <summary>The share of a row's examples that are in a column; 0 in a row without examples.</summary>
    public double Share(int row, int column)
    {
        int all = Enumerable.Range(0, Labels.Count).Sum(c => Counts[row, c]);
        return all == 0 ? 0 : (double)Counts[row, column] / all;
    }

    /// <summary>The classes that are most often taken for another, most frequent first, then by name.</summary>
    public IReadOnlyList<(string True, string Predicted, int Count)> Confusions(int most) =>
        [
            .. pairs
                .OrderByDescending(p => p.Value)
                .ThenBy(p => p.Key.True, StringComparer.Ordinal)
                .ThenBy(p => p.Key.Predicted, StringComparer.Ordinal)
                .Take(most)
                .Select(p => (p.Key.True, p.Key.Predicted, p.Value)),
        ];

    /// <summary>Counts the outcomes of a classification.</summary>
    public static ConfusionMatrix Of(IReadOnlyList<TaskOutcome> outcomes)
    {
        string[] names = [.. outcomes.SelectMany(o => o.Classes).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        bool byName = names.Length <= MostClasses;
        string[] places = [.. Enumerable.Range(1, outcomes.Max(o => o.Classes.Count)).Select(i => $"place {i}")];
        ConfusionMatrix matrix = new(byName ? names : places, byName);
        foreach (TaskOutcome outcome in outcomes)
        {
            int[] rows = byName
                ? [.. outcome.Classes.Select(c => Array.IndexOf(names, c))]
                : [.. Enumerable.Range(0, outcome.Classes.Count)];
            for (int i = 0; i < outcome.Targets.Count; i++)
            {
                int truth = (int)outcome.Targets.Values[i];
                int predicted = TaskOutcome.Choice(outcome.After, i).Class;
                matrix.Counts[rows[truth], rows[predicted]]++;
                if (truth != predicted)
                {
                    (string, string) pair = (outcome.Classes[truth], outcome.Classes[predicted]);
                    matrix.pairs[pair] = matrix.pairs.GetValueOrDefault(pair) + 1;
                }
            }
        }

        return matrix;
    }
}
