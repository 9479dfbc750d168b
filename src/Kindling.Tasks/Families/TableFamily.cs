using System.Runtime.InteropServices;
using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// A CSV file. With a <c>task</c> column every task is a regression of the targets and the tasks are dealt out to the three
/// splits; without one <c>label</c> names classes, and these are dealt out.
/// </summary>
/// <remarks>Inputs are standardised with mean and standard deviation of the training rows.</remarks>
internal static class TableFamily
{
    private const string Name = "table";

    public static ITaskFamily Load(TaskSpec spec, string dataRoot)
    {
        string path = SourcePath.Find(Name, spec.Source!, dataRoot, File.Exists);
        TableFile table = TableFile.Read(path);
        bool regression = table.Tasks is not null;
        if (regression && spec.Ways != 1)
        {
            throw new BundleException(
                $"{Name}: '{path}' has a '{TableFile.TaskColumn}' column, so its tasks are regressions: tasks.ways must be 1, got {spec.Ways}."
            );
        }

        if (!regression && spec.Ways < 2)
        {
            throw new BundleException(
                $"{Name}: '{path}' has no '{TableFile.TaskColumn}' column, so its labels are classes: tasks.ways must be at least 2, got {spec.Ways}."
            );
        }

        Groups groups = new(table.Tasks ?? table.Classes());
        string noun = regression ? "task" : "class";
        int[][] splits = SplitPlan.Deal(spec, groups.Names.Length, spec.Ways, $"{Name}: '{path}'", noun);
        TablePreprocessing preprocessing = Standardise(table, splits[0].SelectMany(n => groups.Rows[n]));
        return Create(table, groups, splits, preprocessing, regression);
    }

    /// <summary>All classes (tasks) of a table as test classes (tasks), prepared as given; a regression without a task column is one task.</summary>
    public static ITaskFamily ForTest(string path, TablePreprocessing preprocessing, bool classification)
    {
        TableFile table = TableFile.Read(path);
        if (classification && table.Tasks is not null)
        {
            throw new BundleException(
                $"{Name}: '{path}' has a '{TableFile.TaskColumn}' column, so its tasks are regressions, but the model classifies."
            );
        }

        Groups groups = new(classification ? table.Classes() : table.Tasks ?? [.. Enumerable.Repeat(path, table.RowCount)]);
        int[] all = [.. Enumerable.Range(0, groups.Names.Length)];
        return Create(
            table,
            groups,
            [
                [],
                [],
                all,
            ],
            preprocessing,
            !classification
        );
    }

    private static ITaskFamily Create(TableFile table, Groups groups, int[][] splits, TablePreprocessing preprocessing, bool regression)
    {
        FloatBank bank = FloatBank.OfRows(table, [.. groups.Rows.SelectMany(r => r)], preprocessing);
        ItemClass[] classes = groups.ToClasses();
        ItemClass[][] dealt = [.. splits.Select(s => s.Select(n => classes[n]).ToArray())];
        string hash = Hash(table);
        Preprocessing input = Preprocessing.ForTable(preprocessing);
        if (!regression)
        {
            return new ClassFamily(Name, bank, dealt)
            {
                DataHash = hash,
                Licences = [],
                Preprocessing = input,
            };
        }

        FloatTensor targets = table.Targets();
        int outputs = targets.Shape[1];
        float[] ordered = [.. groups.Rows.SelectMany(r => r).SelectMany(r => targets.Values.Skip(r * outputs).Take(outputs))];
        return new TableRegression(Name, bank, dealt, ordered, outputs) { DataHash = hash, Preprocessing = input };
    }

    private static TablePreprocessing Standardise(TableFile table, IEnumerable<int> rows)
    {
        int columns = table.Columns.Count;
        double[] sums = new double[columns];
        double[] squares = new double[columns];
        int[] chosen = [.. rows];
        foreach (int r in chosen)
        {
            for (int c = 0; c < columns; c++)
            {
                sums[c] += table.Row(r)[c];
            }
        }

        double[] means = [.. sums.Select(s => s / chosen.Length)];
        foreach (int r in chosen)
        {
            for (int c = 0; c < columns; c++)
            {
                double distance = table.Row(r)[c] - means[c];
                squares[c] += distance * distance;
            }
        }

        return new TablePreprocessing
        {
            Columns = table.Columns,
            Mean = [.. means.Select(m => (float)m)],

            // A column that never changes is only centred.
            Scale = [.. squares.Select(s => (float)Math.Sqrt(s / chosen.Length)).Select(s => s > 0 ? s : 1f)],
        };
    }

    private static string Hash(TableFile table)
    {
        using ContentHash hash = new();
        foreach (string column in table.Columns.Concat(table.TargetColumns))
        {
            hash.Add(column);
        }

        for (int r = 0; r < table.RowCount; r++)
        {
            hash.Add(MemoryMarshal.AsBytes(table.Row(r)));
            hash.Add(table.Tasks?[r] ?? "");
            foreach (string label in table.Labels(r))
            {
                hash.Add(label);
            }
        }

        return hash.Finish();
    }

    /// <summary>Rows by the name of their task or class, names in ordinal order.</summary>
    private sealed class Groups
    {
        public Groups(IReadOnlyList<string> names)
        {
            IGrouping<string, int>[] groups =
            [
                .. names.Index().GroupBy(n => n.Item, n => n.Index, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal),
            ];
            Names = [.. groups.Select(g => g.Key)];
            Rows = [.. groups.Select(g => g.ToArray())];
        }

        public string[] Names { get; }

        public int[][] Rows { get; }

        public ItemClass[] ToClasses()
        {
            ItemClass[] classes = new ItemClass[Names.Length];
            int first = 0;
            for (int i = 0; i < classes.Length; i++)
            {
                classes[i] = new ItemClass(Names[i], first, Rows[i].Length);
                first += Rows[i].Length;
            }

            return classes;
        }
    }
}
