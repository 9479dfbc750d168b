namespace Kindling.Tasks.Families;

/// <summary>All items of a split with their class numbers.</summary>
internal sealed class JointClasses : JointData
{
    private readonly ItemBank _bank;
    private readonly ItemClass[] _classes;
    private readonly Augmentation? _augmentation;
    private readonly int[] _firsts;

    public JointClasses(ItemBank bank, ItemClass[] classes, Augmentation? augmentation)
    {
        _augmentation = augmentation;
        _bank = bank;
        _classes = classes;
        _firsts = new int[classes.Length + 1];
        for (int i = 0; i < classes.Length; i++)
        {
            _firsts[i + 1] = _firsts[i] + classes[i].Count;
        }
    }

    public override int ClassCount => _classes.Length;

    public override int ItemCount => _firsts[^1];

    public override void Fill(int index, Span<float> x) => Fill(index, view => view, x);

    public override int Label(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ItemCount);
        int found = Array.BinarySearch(_firsts, index);
        return found >= 0 ? found : ~found - 1;
    }

    public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
    {
        ArgumentNullException.ThrowIfNull(random);
        int index = random.NextInt(ItemCount);
        Fill(index, view => _augmentation?.OfItem(random, view, _augmentation.OfClass(random), _augmentation.OfEpisode(random)) ?? view, x);
        y[0] = Label(index);
    }

    private void Fill(int index, Func<ItemView, ItemView> seen, Span<float> x)
    {
        int label = Label(index);
        ItemClass item = _classes[label];
        _bank.Fill(item.First + index - _firsts[label], seen(item.View), x);
    }
}
