using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>Deals classes (or tasks) out to training, validation and test in a seeded random order.</summary>
internal static class SplitPlan
{
    /// <summary>Separates this stream from the others of the same seed.</summary>
    private const ulong Stream = 0x5350_4C49_54;

    /// <summary>The numbers of 0 .. count - 1 by split, each in ascending order.</summary>
    /// <param name="spec">Says the seed and, if at all, the sizes.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="least">How many each split needs.</param>
    /// <param name="place">What messages call the data, as in <c>images: 'pictures'</c>.</param>
    /// <param name="noun">What messages call one of them.</param>
    public static int[][] Deal(TaskSpec spec, int count, int least, string place, string noun)
    {
        // The small addend keeps 0.29 of 100 at 29.
        double fraction = spec.ValidationFraction ?? TaskSpec.DefaultValidationFraction;
        int share = Math.Max(least, (int)((count * fraction) + 1e-9));
        int validation = spec.ValidationClasses ?? share;
        int test = spec.TestClasses ?? share;
        int train = count - validation - test;
        if (train < least)
        {
            throw new BundleException(
                $"{place} holds {Words.Count(count, noun)}, but at least {least + validation + test} are needed: {least} for "
                    + $"training, {validation} for validation, {test} for test."
            );
        }

        int[] order = new SeededRandom(spec.Seed, Stream).Sample(count, count);
        return
        [
            [.. order.Take(train).Order()],
            [.. order.Skip(train).Take(validation).Order()],
            [.. order.Skip(train + validation).Order()],
        ];
    }
}
