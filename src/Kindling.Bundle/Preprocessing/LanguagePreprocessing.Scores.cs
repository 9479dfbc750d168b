namespace Kindling.Bundles;

/// <content>What scores of a language model mean.</content>
public sealed partial class LanguagePreprocessing
{
    /// <summary>The bits that a byte takes, on average, by the scores that a model gives for windows.</summary>
    /// <param name="scores"><c>[windows, length, codes]</c>, logarithms of what is likely but for a constant.</param>
    /// <param name="targets"><c>[windows, length]</c>; positions without a target do not count.</param>
    /// <exception cref="ArgumentException">There is no target, or the shapes do not go together.</exception>
    public static double BitsPerByte(FloatTensor scores, FloatTensor targets)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(targets);
        if (scores.Rank != 3 || targets.Rank != 2 || !scores.Shape.Take(2).SequenceEqual(targets.Shape))
        {
            throw new ArgumentException(
                $"Expected scores [n, length, codes] of targets [n, length], got {scores} and {targets}.",
                nameof(scores)
            );
        }

        int codes = scores.Shape[2];
        double sum = 0;
        int count = 0;
        for (int i = 0; i < targets.Count; i++)
        {
            if (targets.Values[i] > 0)
            {
                ReadOnlySpan<float> row = scores.Values.AsSpan(i * codes, codes);
                sum += LogSum(row) - row[(int)targets.Values[i]];
                count++;
            }
        }

        return count > 0
            ? sum / count / Math.Log(2)
            : throw new ArgumentException("Expected at least one byte to predict, got none.", nameof(targets));
    }

    /// <summary>log sum exp of a row of scores.</summary>
    internal static double LogSum(ReadOnlySpan<float> row)
    {
        float most = row[0];
        foreach (float score in row)
        {
            most = Math.Max(most, score);
        }

        double sum = 0;
        foreach (float score in row)
        {
            sum += Math.Exp(score - most);
        }

        return most + Math.Log(sum);
    }
}
