using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// N-way K-shot classification of the items of a bank, with classes split into training, validation and test. Where classes have groups, an episode is
/// of one group, chosen uniformly among those that are large enough.
/// </summary>
internal sealed class ClassFamily : ITaskFamily, IShapeCheck, IOutside, ITexts
{
    private readonly ItemBank _bank;
    private readonly ItemClass[][] _classes;
    private readonly ItemClass[][][] _groups;
    private readonly string? _within;
    private readonly int[] _leastCounts;
    private readonly Augmentation? _augmentation;
    private readonly bool _interleave;

    /// <summary>Takes over the items and the classes.</summary>
    /// <param name="name">The type as recipes name it.</param>
    /// <param name="bank">The items.</param>
    /// <param name="classes">The classes by split, in the order of <see cref="Split"/>.</param>
    /// <param name="spec">Says how training classes and their items are varied, and what a group is; null varies nothing and has no groups.</param>
    public ClassFamily(string name, ItemBank bank, ItemClass[][] classes, TaskSpec? spec = null)
    {
        if (spec?.Mirrors ?? false)
        {
            classes = [ItemClass.WithMirrors(classes[(int)Split.Train]), .. classes[1..]];
        }

        _augmentation = spec is null ? null : Augmentation.Of(spec);
        Name = name;
        _bank = bank;
        _classes = classes;
        _within = spec?.Within;
        _interleave = spec?.Interleave ?? false;
        _groups =
        [
            .. classes.Select(split =>
                split.GroupBy(c => c.Group, StringComparer.Ordinal).Select(g => g.ToArray()).OrderByDescending(g => g.Length).ToArray()
            ),
        ];
        _leastCounts = [.. classes.Select(c => c.Length == 0 ? 0 : c.Min(i => i.Count))];
    }

    public string Name { get; }

    public bool IsClassification => true;

    public IReadOnlyList<int> InputShape => _bank.Shape;

    public int OutputCount => 0;

    public required string DataHash { get; init; }

    public required IReadOnlyList<string> Licences { get; init; }

    public required Preprocessing Preprocessing { get; init; }

    public FloatTensor? Outside { get; init; }

    /// <summary>All items.</summary>
    public ItemBank Items => _bank;

    /// <summary>The classes of a split.</summary>
    public IReadOnlyList<ItemClass> Classes(Split split) => _classes[(int)split];

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        Require(split, shape);
        ItemClass[] classes = NextGroup(split, shape.Ways, random);
        Span<int> chosen = shape.Ways <= 64 ? stackalloc int[shape.Ways] : new int[shape.Ways];
        random.Sample(classes.Length, chosen);
        int each = shape.Shots + shape.Queries;
        Span<int> items = each <= 256 ? stackalloc int[each] : new int[each];
        string[] labels = new string[shape.Ways];
        Augmentation? augmentation = split == Split.Train ? _augmentation : null;
        Batch support = new(shape.Ways, shape.Shots, _bank, augmentation, random) { Interleave = _interleave };
        Batch query = new(shape.Ways, shape.Queries, _bank, augmentation, random);
        ulong names = augmentation?.OfEpisode(random) ?? 0;
        for (int slot = 0; slot < shape.Ways; slot++)
        {
            ItemClass item = classes[chosen[slot]];
            labels[slot] = item.Name;
            random.Sample(item.Count, items);
            Warp? warp = augmentation?.OfClass(random);
            support.Add(item, items[..shape.Shots], slot, warp, names);
            query.Add(item, items[shape.Shots..], slot, warp, names);
        }

        return new Episode
        {
            SupportX = support.Inputs(),
            SupportY = support.Labels(),
            QueryX = query.Inputs(),
            QueryY = query.Labels(),
            Classes = labels,
            SupportTexts = support.Texts,
            QueryTexts = query.Texts,
        };
    }

    public IReadOnlyList<string> Texts(Split split) =>
        _bank.HasTexts ? [.. _classes[(int)split].SelectMany(c => Enumerable.Range(c.First, c.Count).Select(_bank.Text))] : [];

    public JointData Joint(Split split) => new JointClasses(_bank, _classes[(int)split], split == Split.Train ? _augmentation : null);

    public void Require(Split split, EpisodeShape shape)
    {
        ItemClass[] classes = _classes[(int)split];
        if (classes.Length < shape.Ways)
        {
            throw new BundleException(
                $"{Name}: the {Words.Of(split)} split has {classes.Length} classes, but an episode needs {shape.Ways}."
            );
        }

        ItemClass[] largest = _groups[(int)split][0];
        if (largest.Length < shape.Ways)
        {
            throw new BundleException(
                $"{Name}: no {_within} of the {Words.Of(split)} split has the {shape.Ways} classes of an episode; the largest, "
                    + $"'{largest[0].Group}', has {largest.Length}."
            );
        }

        int each = shape.Shots + shape.Queries;
        if (_leastCounts[(int)split] < each)
        {
            ItemClass item = Array.Find(classes, c => c.Count < each)!;
            throw new BundleException(
                $"{Name}: class '{item.Name}' has {Words.Count(item.Count, "example")}, but an episode needs {each} of each class "
                    + $"({shape.Shots} support, {shape.Queries} query)."
            );
        }

        shape.ThrowIfTooLarge(Name, _bank.ItemSize);
    }

    // Groups are in descending order of their size, so that the large enough ones come first. Without a choice nothing is drawn.
    private ItemClass[] NextGroup(Split split, int ways, SeededRandom random)
    {
        ItemClass[][] groups = _groups[(int)split];
        int enough = 0;
        while (enough < groups.Length && groups[enough].Length >= ways)
        {
            enough++;
        }

        return enough == 1 ? groups[0] : groups[random.NextInt(enough)];
    }

    /// <summary>One half of an episode in the making.</summary>
    private sealed class Batch(int ways, int each, ItemBank bank, Augmentation? augmentation, SeededRandom random)
    {
        private readonly float[] _x = GC.AllocateUninitializedArray<float>(ways * each * bank.ItemSize);
        private readonly float[] _y = new float[ways * each];
        private readonly string[]? _texts = bank.HasTexts ? new string[ways * each] : null;

        /// <summary>Whether the classes come in turn instead of one after the other.</summary>
        public bool Interleave { get; init; }

        public string[]? Texts => _texts;

        public void Add(ItemClass item, ReadOnlySpan<int> chosen, int slot, Warp? ofClass, ulong ofEpisode)
        {
            for (int i = 0; i < each; i++)
            {
                int place = Interleave ? (i * ways) + slot : (slot * each) + i;
                int number = item.First + chosen[i];
                ItemView view = augmentation?.OfItem(random, item.View, ofClass, ofEpisode) ?? item.View;
                bank.Fill(number, view, _x.AsSpan(place * bank.ItemSize, bank.ItemSize));
                _texts?[place] = bank.Text(number);
                _y[place] = slot;
            }
        }

        public FloatTensor Inputs() => new([ways * each, .. bank.Shape], _x);

        public FloatTensor Labels() => new([ways * each], _y);
    }
}
