using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>The codes of texts, item after item.</summary>
internal sealed class TextBank : ItemBank
{
    private const int Space = ' ' + 1;
    private readonly TextPreprocessing _preprocessing;
    private readonly float[] _codes;
    private readonly string[] _texts;

    /// <summary>Prepares the texts.</summary>
    /// <param name="family">What messages call the data.</param>
    /// <param name="texts">Texts, and where each stands.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <exception cref="BundleException">A text is empty or no valid Unicode, or there is too much of it.</exception>
    public TextBank(string family, IReadOnlyList<(string Place, string Text)> texts, TextPreprocessing preprocessing)
    {
        _preprocessing = preprocessing;
        Shape = [.. preprocessing.Shape];
        ItemSize = Shape.Aggregate(1, (size, side) => size * side);
        long values = (long)ItemSize * texts.Count;
        if (values > Array.MaxLength)
        {
            throw new BundleException(
                $"{family}: {texts.Count} texts take {values} numbers when prepared: at most {Array.MaxLength} are accepted."
            );
        }

        _texts = [.. texts.Select(t => t.Text)];
        _codes = new float[values];
        for (int i = 0; i < texts.Count; i++)
        {
            try
            {
                preprocessing.Apply(texts[i].Text).Values.CopyTo(_codes.AsSpan(i * ItemSize, ItemSize));
            }
            catch (ArgumentException exception)
            {
                throw new BundleException($"{family}: {texts[i].Place}: {exception.Message}", exception);
            }
        }
    }

    public override int[] Shape { get; }

    public override int ItemSize { get; }

    public override bool HasTexts => true;

    public override string Text(int item) => _texts[item];

    /// <summary>All items, <c>[n, ...]</c>.</summary>
    public FloatTensor All() => new([_codes.Length / ItemSize, .. Shape], _codes);

    public override void Fill(int item, ItemView view, Span<float> destination)
    {
        ReadOnlySpan<float> codes = _codes.AsSpan(item * ItemSize, ItemSize);
        codes.CopyTo(destination);
        if (view.Words is { } change)
        {
            if (change.Drop > 0)
            {
                Drop(codes, change, destination);
            }

            if (change.Rename > 0)
            {
                Rename(change, destination[..ItemSize]);
            }
        }
    }

    private void Drop(ReadOnlySpan<float> codes, WordChange change, Span<float> destination)
    {
        List<Range> words = WordsOf(codes);
        SeededRandom random = new(change.Seed);
        int kept = random.NextInt(words.Count);
        int to = 0;
        foreach ((int number, Range word) in words.Index())
        {
            if (random.NextDouble() >= change.Drop || number == kept)
            {
                codes[word].CopyTo(destination[to..]);
                to += word.End.Value - word.Start.Value;
            }
        }

        destination[to..].Clear();
    }

    // The choice and the new code depend on the episode and the old code alone.
    private void Rename(WordChange change, Span<float> codes)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            if (codes[i] == 0)
            {
                continue;
            }

            SeededRandom random = new(change.Names, (ulong)codes[i]);
            if (random.NextDouble() < change.Rename)
            {
                codes[i] = 1 + random.NextInt(_preprocessing.Buckets);
            }
        }
    }

    // Of bytes, a word is what ends with a space or the text, space included.
    private List<Range> WordsOf(ReadOnlySpan<float> codes)
    {
        int row = ItemSize / Shape[0];
        List<Range> words = [];
        int start = 0;
        int at = 0;
        for (; at < codes.Length && codes[at] != 0; at += row)
        {
            if (_preprocessing.Units == TextUnits.Words || codes[at] == Space)
            {
                words.Add(start..(at + row));
                start = at + row;
            }
        }

        if (start < at)
        {
            words.Add(start..at);
        }

        return words;
    }
}
