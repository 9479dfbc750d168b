using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>A split of Omniglot's characters.</summary>
/// <param name="Characters">All characters, <c>Alphabet/characterNN</c>, also such as are in no split: what the data hash is over.</param>
/// <param name="Splits">Characters and their counter-clockwise quarter turns, in the order of <see cref="Split"/>.</param>
internal sealed record OmniglotSplit(string[] Characters, (string Character, int Turns)[][] Splits)
{
    private const int LakeValidation = 5;

    /// <summary>Separates this stream from the others of the same seed.</summary>
    private const ulong AlphabetStream = 0x414C_5048_41;

    private static readonly string[] Rotations = ["rot000", "rot090", "rot180", "rot270"];

    /// <summary>The alphabet of a character.</summary>
    public static string AlphabetOf(string character) => character[..character.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>The three files of Vinyals' split.</summary>
    public static OmniglotSplit Vinyals(params IEnumerable<string> files)
    {
        (string Character, int)[][] splits = [.. files.Select(Read)];
        return new([.. splits.SelectMany(s => s).Select(c => c.Character).Distinct(StringComparer.Ordinal)], splits);
    }

    /// <summary>
    /// Whole alphabets (Lake et al. 2015): the evaluation set's for test, of the background set's the last 5 in ordinal order for validation, the others,
    /// or as many of them as are asked for, for training.
    /// </summary>
    /// <param name="background">Characters of the background set.</param>
    /// <param name="evaluation">Characters of the evaluation set.</param>
    /// <param name="spec">Says which of the training alphabets are wanted.</param>
    /// <param name="place">What messages call the data.</param>
    public static OmniglotSplit Lake(IEnumerable<string> background, IEnumerable<string> evaluation, TaskSpec spec, string place)
    {
        Alphabet[] known = Alphabet.Of(background);
        Alphabet[] test = Alphabet.Of(evaluation);
        if (known.Select(a => a.Name).Intersect(test.Select(a => a.Name), StringComparer.Ordinal).FirstOrDefault() is { } both)
        {
            throw new BundleException($"{place}: alphabet '{both}' is in the background and in the evaluation set.");
        }

        if (known.Length <= LakeValidation || test.Length == 0)
        {
            throw new BundleException(
                $"{place}: the background set has {Words.Count(known.Length, "alphabet")} and the evaluation set {test.Length}; tasks.split "
                    + $"{TaskSpec.LakeSplit} needs at least {LakeValidation + 1} and 1."
            );
        }

        Alphabet[][] splits = [Wanted(known[..^LakeValidation], spec, place), known[^LakeValidation..], test];
        return new(
            [.. known.Concat(test).SelectMany(a => a.Characters)],
            [
                .. splits.Select(s =>
                    s.SelectMany(a => a.Characters)
                        .SelectMany(c => Enumerable.Range(0, Rotations.Length).Select(turns => (c, turns)))
                        .ToArray()
                ),
            ]
        );
    }

    private static Alphabet[] Wanted(Alphabet[] training, TaskSpec spec, string place)
    {
        if (spec.Alphabets is not { } count)
        {
            return training;
        }

        int least = spec.Within is null ? 1 : spec.Ways;
        Alphabet[] order =
        [
            .. new SeededRandom(spec.Seed, AlphabetStream)
                .Sample(training.Length, training.Length)
                .Select(n => training[n])
                .Where(a => a.Characters.Length >= least),
        ];
        return order.Length >= count
            ? order[..count]
            : throw new BundleException(
                $"{place}: tasks.alphabets asks for {count}, but {order.Length} alphabets for training have the {least} characters of an episode."
            );
    }

    private static (string Character, int Turns)[] Read(string path)
    {
        List<(string, int)> classes = [];
        foreach ((int index, string line) in File.ReadLines(path).Index())
        {
            if (line.Length == 0)
            {
                continue;
            }

            string[] parts = line.Split('/');
            int turns = parts.Length == 3 ? Array.IndexOf(Rotations, parts[2]) : -1;
            if (turns < 0)
            {
                throw new BundleException(
                    $"'{path}', line {index + 1}: expected Alphabet/characterNN/rot000 (or 090, 180, 270), got '{line}'."
                );
            }

            classes.Add(($"{parts[0]}/{parts[1]}", turns));
        }

        return [.. classes];
    }

    private sealed record Alphabet(string Name, string[] Characters)
    {
        /// <summary>Alphabets and their characters in ordinal order.</summary>
        public static Alphabet[] Of(IEnumerable<string> characters) =>
            [
                .. characters
                    .GroupBy(AlphabetOf, StringComparer.Ordinal)
                    .OrderBy(g => g.Key, StringComparer.Ordinal)
                    .Select(g => new Alphabet(g.Key, [.. g.Order(StringComparer.Ordinal)])),
            ];
    }
}
