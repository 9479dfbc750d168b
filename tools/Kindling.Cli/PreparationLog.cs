namespace Kindling.Cli;

/// <summary>How the pictures or recordings of one set were prepared, said on standard error: one line for each way, the most frequent first.</summary>
/// <param name="set">What the lines call the set.</param>
/// <param name="examples">What they call its examples, as in <c>pictures</c>.</param>
internal sealed class PreparationLog(string set, string examples)
{
    private const int MostLines = 4;
    private readonly Dictionary<string, int> ways = new(StringComparer.Ordinal);

    /// <summary>Counts one example.</summary>
    /// <param name="description">As <see cref="Bundles.ImagePreprocessing.Describe"/> and <see cref="Bundles.AudioPreprocessing.Describe"/> give it.</param>
    public void Add(string description) => ways[description] = ways.GetValueOrDefault(description) + 1;

    /// <summary>Writes the lines; nothing when there were no examples.</summary>
    public void Write()
    {
        int all = ways.Values.Sum();
        foreach ((string description, int count) in ways.OrderByDescending(w => w.Value).Take(MostLines))
        {
            Console.Error.WriteLine($"{set}: {count} of {all} {examples}: {description}");
        }

        if (ways.Count > MostLines)
        {
            int rest = ways.Values.OrderDescending().Skip(MostLines).Sum();
            Console.Error.WriteLine($"{set}: {rest} more {examples} in {ways.Count - MostLines} other ways");
        }

        int inverted = Count("inverted (light ground)");
        int kept = Count("not inverted (dark ground)");
        if (inverted > 0 && kept > 0)
        {
            Console.Error.WriteLine(
                $"{set}: {inverted} pictures were taken for dark on light, {kept} for light on dark; "
                    + "where they are all alike, adapt with --invert yes (dark on light) or no"
            );
        }
    }

    private int Count(string part) => ways.Where(w => w.Key.Contains(part, StringComparison.Ordinal)).Sum(w => w.Value);
}
