namespace Kindling.Tasks.Families;

/// <summary>All pictures of a split with their class numbers.</summary>
internal sealed class JointImages : JointData
{
    private readonly ImageBank _bank;
    private readonly ImageClass[] _classes;
    private readonly int[] _firsts;

    public JointImages(ImageBank bank, ImageClass[] classes)
    {
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

    public override void Fill(int index, Span<float> x)
    {
        int label = Label(index);
        ImageClass item = _classes[label];
        _bank.Fill(item.First + index - _firsts[label], item.QuarterTurns, x);
    }

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
        Fill(index, x);
        y[0] = Label(index);
    }
}
