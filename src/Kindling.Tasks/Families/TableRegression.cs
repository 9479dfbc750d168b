using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>Regression whose tasks are groups of rows of a table.</summary>
internal sealed class TableRegression : ITaskFamily, IShapeCheck
{
    private readonly FloatBank _bank;
    private readonly ItemClass[][] _tasks;
    private readonly float[] _targets;

    /// <summary>Takes over rows and targets, both in the order of the tasks.</summary>
    public TableRegression(string name, FloatBank bank, ItemClass[][] tasks, float[] targets, int outputs)
    {
        Name = name;
        _bank = bank;
        _tasks = tasks;
        _targets = targets;
        OutputCount = outputs;
    }

    public string Name { get; }

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape => _bank.Shape;

    public int OutputCount { get; }

    public required string DataHash { get; init; }

    public IReadOnlyList<string> Licences => [];

    public required Preprocessing Preprocessing { get; init; }

    /// <summary>The tasks of a split.</summary>
    public IReadOnlyList<ItemClass> Tasks(Split split) => _tasks[(int)split];

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        if (shape.Ways != 1)
        {
            throw new ArgumentException($"{Name} is a regression: ways must be 1, got {shape.Ways}.", nameof(shape));
        }

        Require(split, shape);
        ItemClass[] tasks = _tasks[(int)split];
        ItemClass task = tasks[random.NextInt(tasks.Length)];
        int[] rows = random.Sample(task.Count, shape.Shots + shape.Queries);
        (FloatTensor supportX, FloatTensor supportY) = Take(task, rows.AsSpan(0, shape.Shots));
        (FloatTensor queryX, FloatTensor queryY) = Take(task, rows.AsSpan(shape.Shots));
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
        };
    }

    public JointData Joint(Split split) => new JointRows(this, _tasks[(int)split]);

    public void Require(Split split, EpisodeShape shape)
    {
        int each = shape.Shots + shape.Queries;
        foreach (ItemClass task in _tasks[(int)split])
        {
            if (task.Count < each)
            {
                throw new BundleException(
                    $"{Name}: task '{task.Name}' has {Words.Count(task.Count, "row")}, but an episode needs {each} "
                        + $"({shape.Shots} support, {shape.Queries} query)."
                );
            }
        }
    }

    private (FloatTensor X, FloatTensor Y) Take(ItemClass task, ReadOnlySpan<int> rows)
    {
        float[] x = new float[rows.Length * _bank.ItemSize];
        float[] y = new float[rows.Length * OutputCount];
        for (int i = 0; i < rows.Length; i++)
        {
            Fill(task.First + rows[i], x.AsSpan(i * _bank.ItemSize, _bank.ItemSize), y.AsSpan(i * OutputCount, OutputCount));
        }

        return (new FloatTensor([rows.Length, _bank.ItemSize], x), new FloatTensor([rows.Length, OutputCount], y));
    }

    private void Fill(int item, Span<float> x, Span<float> y)
    {
        _bank.Fill(item, default, x);
        _targets.AsSpan(item * OutputCount, OutputCount).CopyTo(y);
    }

    private sealed class JointRows(TableRegression family, ItemClass[] tasks) : JointData
    {
        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            ItemClass task = tasks[random.NextInt(tasks.Length)];
            family.Fill(task.First + random.NextInt(task.Count), x, y);
        }
    }
}
