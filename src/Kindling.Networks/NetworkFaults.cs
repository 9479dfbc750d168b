namespace Kindling.Networks;

/// <summary>What several networks check.</summary>
internal static class NetworkFaults
{
    private const int MostSize = 65536;

    /// <summary>Any input will do.</summary>
    public static IEnumerable<string> None(NetworkSpec spec, IReadOnlyList<int> input, int outputs) => [];

    /// <summary>A size from 1 on.</summary>
    public static IEnumerable<string> Size(string member, int value, int most = MostSize)
    {
        if (value < 1 || value > most)
        {
            yield return $"network.{member}: expected 1 to {most}, got {value}";
        }
    }

    /// <summary>A list of sizes from 1 on; <paramref name="count"/> of them, or one and more where it is 0.</summary>
    public static IEnumerable<string> Sizes(string member, IReadOnlyList<int> values, int count, int most = MostSize)
    {
        if (values.Count == 0 || (count > 0 && values.Count != count) || values.Any(v => v < 1 || v > most))
        {
            string number =
                count == 0 ? "one or more sizes"
                : count == 1 ? "one size"
                : $"{count} sizes";
            yield return $"network.{member}: expected {number} from 1 to {most}, got [{string.Join(", ", values)}]";
        }
    }

    /// <summary>That it stands at none, because the network has its own or does without.</summary>
    public static IEnumerable<string> NoNormalization(NetworkSpec spec, string has)
    {
        if (spec.Normalization != Normalization.None)
        {
            yield return $"network.normalization: {spec.Type} {has}, expected none, got {spec.Normalization}";
        }
    }

    /// <summary>That groups of channels come out even in each of a network's layers.</summary>
    public static IEnumerable<string> Groups(NetworkSpec spec, IEnumerable<int> widths, string noun = "filters")
    {
        foreach (int width in widths.Distinct().Where(_ => spec.Normalization == Normalization.Group))
        {
            if (spec.Groups < 1 || width % spec.Groups != 0)
            {
                yield return $"network.groups: expected a divisor of {width} {noun}, got {spec.Groups}";
            }
        }
    }

    /// <summary>That the input is [length]: codes.</summary>
    public static IEnumerable<string> Codes(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (input.Count != 1)
        {
            yield return $"network {spec.Type} takes codes [length], got [{string.Join(", ", input)}]";
        }
    }

    /// <summary>That the input is an image.</summary>
    public static IEnumerable<string> Images(NetworkSpec spec, IReadOnlyList<int> input)
    {
        if (input.Count != 3)
        {
            yield return $"network {spec.Type} takes inputs [channels, height, width], got [{string.Join(", ", input)}]";
        }
    }

    /// <summary>That the input is channels over time.</summary>
    public static IEnumerable<string> Signal(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (input is not ([_, _] or [_, _, 1]))
        {
            yield return $"network {spec.Type} takes inputs [channels, times] or [channels, times, 1], got [{string.Join(", ", input)}]";
        }
    }

    /// <summary>That the input is either.</summary>
    public static IEnumerable<string> CodesOrSignal(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (input is not ([_] or [_, _] or [_, _, 1]))
        {
            yield return $"network {spec.Type} takes codes [length] or signals [channels, times] or [channels, times, 1], got [{string.Join(", ", input)}]";
        }

        if (input.Count > 1 && spec.Vocabulary is not null)
        {
            yield return $"network.vocabulary: a signal has none, expected no such member, got {spec.Vocabulary}";
        }
    }

    /// <summary>That the input is [length], codes, or [length, pieces].</summary>
    public static IEnumerable<string> CodesOrPieces(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (input.Count is not (1 or 2))
        {
            yield return $"network {spec.Type} takes codes [length] or [length, pieces], got [{string.Join(", ", input)}]";
        }
    }

    /// <summary>That the input is codes, with or without others that may be copied, and that there is a target for each position.</summary>
    public static IEnumerable<string> CodesToCodes(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        if (input is not ([_] or [_, > 1]))
        {
            yield return $"network {spec.Type} takes codes [length], or [length, 1 + codes to copy], got [{string.Join(", ", input)}]";
        }
        else if (input[0] is var length && outputs != length)
        {
            yield return $"network {spec.Type} takes a target for each of {length} positions, the code that is to be scored there; got {outputs}";
        }
    }
}
