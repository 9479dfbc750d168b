using System.Buffers;
using System.Text;
using Kindling.Bundles;

namespace Kindling.Adapt;

/// <content>What language models are asked for. Texts are bytes, UTF-8 or any others.</content>
public sealed partial class Learner
{
    /// <summary>Windows that are computed at one time.</summary>
    private const int WindowsAtOnce = 16;

    /// <summary>Beginnings of words that are followed at one time.</summary>
    private const int Beams = 12;

    /// <summary>Most bytes of a suggested word.</summary>
    private const int MostWordBytes = 48;

    /// <summary>How well this learner predicts a text, each byte from those before it as in adaptation.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="before">What was read before, to be copied from, such as the text that this learner was adapted to.</param>
    /// <exception cref="ArgumentException">The text is empty, or the model is no language model.</exception>
    public TextScore Score(ReadOnlySpan<byte> text, ReadOnlySpan<byte> before = default)
    {
        (FloatTensor inputs, FloatTensor targets) = _model.Manifest.ForLanguage().Windows(text, before);
        FloatTensor scores = Read(snapshot => Inference.Outputs(snapshot, inputs, inputs.Shape[0], WindowsAtOnce));
        return new TextScore { Bytes = text.Length, BitsPerByte = LanguagePreprocessing.BitsPerByte(scores, targets) };
    }

    /// <summary>The likeliest next bytes, the first one the likeliest.</summary>
    /// <param name="text">What stands before; may be empty, and of a longer one the end counts.</param>
    /// <param name="count">How many, 1 to 256.</param>
    /// <param name="before">What was read before, to be copied from.</param>
    /// <exception cref="ArgumentException">The model is no language model.</exception>
    public IReadOnlyList<NextByte> NextBytes(ReadOnlySpan<byte> text, int count = 5, ReadOnlySpan<byte> before = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 256);
        float[] likely = Likely([text.ToArray()], before)[0];
        return
        [
            .. Enumerable
                .Range(0, 256)
                .OrderByDescending(b => likely[b])
                .Take(count)
                .Select(b => new NextByte { Value = (byte)b, Probability = MathF.Exp(likely[b]) }),
        ];
    }

    /// <summary>
    /// The likeliest words: the one that the text ends in, completed, or the next one where it ends behind one. A search that follows the twelve likeliest
    /// beginnings; a word of letters, digits and combining marks ends where another character comes.
    /// </summary>
    /// <param name="text">What stands before, UTF-8; may be empty.</param>
    /// <param name="count">Most that are wanted, at least 1.</param>
    /// <param name="before">What was read before, to be copied from.</param>
    /// <returns>Words in the order of their probability; fewer than wanted, or none, where the search finds no more.</returns>
    /// <exception cref="ArgumentException">The model is no language model.</exception>
    public IReadOnlyList<NextWord> NextWords(ReadOnlySpan<byte> text, int count = 3, ReadOnlySpan<byte> before = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        byte[] shown = text.ToArray();
        int begun = Begun(shown);
        Dictionary<string, NextWord> found = new(StringComparer.Ordinal);
        List<(byte[] Bytes, float LogProbability)> beams = [([], 0)];
        for (int length = 0; length < MostWordBytes && beams.Count > 0; length++)
        {
            float[][] likely = Likely([.. beams.Select(beam => (byte[])[.. shown, .. beam.Bytes])], before);
            List<(byte[] Bytes, float LogProbability)> longer = [];
            for (int i = 0; i < beams.Count; i++)
            {
                for (int b = 0; b < 256; b++)
                {
                    longer.Add(([.. beams[i].Bytes, (byte)b], beams[i].LogProbability + likely[i][b]));
                }
            }

            beams = [];
            foreach ((byte[] bytes, float probability) in longer.OrderByDescending(beam => beam.LogProbability))
            {
                byte[] word = [.. shown.AsSpan(shown.Length - begun), .. bytes];
                if (End(word) is not { } end)
                {
                    beams.Add((bytes, probability));
                }
                else if (end > 0)
                {
                    string whole = Encoding.UTF8.GetString(word, 0, end);
                    found[whole] = new NextWord
                    {
                        Word = whole,
                        Rest = whole[Encoding.UTF8.GetCharCount(word, 0, begun)..],
                        Probability = MathF.Exp(probability) + (found.TryGetValue(whole, out NextWord? known) ? known.Probability : 0),
                    };
                }

                if (beams.Count == Beams)
                {
                    break;
                }
            }

            // What is left can no longer be among the likeliest.
            float[] best = [.. found.Values.Select(word => word.Probability).OrderDescending().Take(count)];
            if (best.Length == count)
            {
                beams = [.. beams.Where(beam => MathF.Exp(beam.LogProbability) > best[^1])];
            }
        }

        return [.. found.Values.OrderByDescending(word => word.Probability).ThenBy(word => word.Word, StringComparer.Ordinal).Take(count)];
    }

    /// <summary>Bytes of the word that a text ends in; 0 where it ends behind one.</summary>
    private static int Begun(ReadOnlySpan<byte> text)
    {
        int begun = 0;
        while (
            Rune.DecodeLastFromUtf8(text[..^begun], out Rune last, out int bytes) == OperationStatus.Done
            && TextPreprocessing.IsOfWord(last)
        )
        {
            begun += bytes;
        }

        return begun;
    }

    /// <summary>Where a word ends of which the last byte is new; null where it may go on. No word at all ends at 0.</summary>
    private static int? End(ReadOnlySpan<byte> word)
    {
        if (Rune.DecodeLastFromUtf8(word, out Rune last, out int bytes) == OperationStatus.Done)
        {
            return TextPreprocessing.IsOfWord(last) ? null : word.Length - bytes;
        }

        // the beginning of a character goes on; what can become none is no word
        int start = word.Length - 1;
        while (start > 0 && word.Length - start < 4 && (word[start] & 0xC0) == 0x80)
        {
            start--;
        }

        return Rune.DecodeFromUtf8(word[start..], out _, out _) == OperationStatus.NeedMoreData ? null : 0;
    }

    /// <summary>Logarithms of the probabilities of the 256 bytes behind each text.</summary>
    private float[][] Likely(byte[][] texts, ReadOnlySpan<byte> before)
    {
        LanguagePreprocessing language = _model.Manifest.ForLanguage();
        (FloatTensor Input, int Position)[] ends = new (FloatTensor, int)[texts.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            ends[i] = language.End(texts[i], before);
        }

        FloatTensor inputs = SupportSet.Stack(ends, end => end.Input, "inputs");
        FloatTensor scores = Read(snapshot => Inference.Outputs(snapshot, inputs, texts.Length));
        int codes = scores.Shape[2];
        float[][] likely = new float[texts.Length][];
        for (int i = 0; i < texts.Length; i++)
        {
            // Code 0 is no byte.
            ReadOnlySpan<float> row = scores.Values.AsSpan(((i * language.Length) + ends[i].Position) * codes, codes)[1..];
            float sum = (float)LanguagePreprocessing.LogSum(row);
            likely[i] = [.. row.ToArray().Select(score => score - sum)];
        }

        return likely;
    }
}
