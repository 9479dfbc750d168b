using System.Globalization;
using System.Text;

namespace Kindling.Bundles;

/// <content>From characters to codes.</content>
public sealed partial class TextPreprocessing
{
    private const int Gram = 3;
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>Words of a text, as <see cref="TextUnits.Words"/> cuts it.</summary>
    public static IEnumerable<string> Words(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Cut(text);
    }

    private static IEnumerable<string> Cut(string text)
    {
        StringBuilder word = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsOfWord(rune))
            {
                _ = word.Append(rune.ToString());
                continue;
            }

            if (word.Length > 0)
            {
                yield return word.ToString();
                _ = word.Clear();
            }

            if (!Rune.IsWhiteSpace(rune) && !Rune.IsPunctuation(rune) && !Rune.IsControl(rune))
            {
                yield return rune.ToString();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    /// <summary>Writes the codes of a text; what it does not fill stays as it is.</summary>
    /// <returns>Units that were used and units that there are.</returns>
    private (int Used, int All) Write(string text, Span<float> values)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new ArgumentException("Expected a text, got an empty one.", nameof(text));
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                throw new ArgumentException($"Character {i} (U+{(int)text[i]:X4}) is half of a surrogate pair.", nameof(text));
            }

            i++;
        }

        string plain = LowerCase ? text.ToLowerInvariant() : text;
        return Units == TextUnits.Bytes ? WriteBytes(plain, values) : WriteWords(plain, values);
    }

    private (int Used, int All) WriteBytes(string text, Span<float> values)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int used = Math.Min(bytes.Length, Length);
        // back to the first byte of a character that does not fit whole
        while (used < bytes.Length && used > 0 && (bytes[used] & 0xC0) == 0x80)
        {
            used--;
        }

        for (int i = 0; i < used; i++)
        {
            values[i] = bytes[i] + 1;
        }

        return (used, bytes.Length);
    }

    private (int Used, int All) WriteWords(string text, Span<float> values)
    {
        int all = 0;
        foreach (string word in Cut(text))
        {
            if (all < Length)
            {
                WritePieces(word, values.Slice(all * Pieces, Pieces));
            }

            all++;
        }

        return all > 0
            ? (Math.Min(all, Length), all)
            : throw new ArgumentException("Expected a text with words, got one without letters, digits and symbols.", nameof(text));
    }

    // The marks keep "pay" as a word, "pay" at the start of one and "pay" within one apart.
    private void WritePieces(string word, Span<float> values)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"<{word}>");
        values[0] = Code(bytes);
        List<int> starts = [.. Enumerable.Range(0, bytes.Length).Where(i => (bytes[i] & 0xC0) != 0x80), bytes.Length];
        int characters = starts.Count - 1;
        // a word of one character is its only run
        for (int i = 0; characters > Gram && i <= characters - Gram && i + 1 < Pieces; i++)
        {
            values[i + 1] = Code(bytes.AsSpan(starts[i]..starts[i + Gram]));
        }
    }

    private int Code(ReadOnlySpan<byte> piece)
    {
        uint hash = FnvOffset;
        foreach (byte b in piece)
        {
            hash = (hash ^ b) * FnvPrime;
        }

        return 1 + (int)(hash % (uint)Buckets);
    }

    internal static bool IsOfWord(Rune rune) =>
        Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
