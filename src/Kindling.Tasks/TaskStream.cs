using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>
/// Streams over any task family: segments one after the other, of a regression a task each, of languages a language each and none twice, of a classification the classes
/// of one task (class-incremental learning). A learner that gets each segment whole knows where it ends; one that gets parts of it does not.
/// </summary>
public static class TaskStream
{
    /// <summary>Draws a stream. A pure function of its arguments.</summary>
    /// <param name="family">Where tasks come from.</param>
    /// <param name="split">Which of them.</param>
    /// <param name="shape">The size of a task.</param>
    /// <param name="segments">Segments; of a classification as many as the shape has ways.</param>
    /// <param name="random">Random numbers of this stream.</param>
    /// <exception cref="ArgumentException">There are fewer than 2 segments, or of a classification another number than ways.</exception>
    /// <exception cref="BundleException">There are fewer languages than segments.</exception>
    public static IReadOnlyList<StreamSegment> Sample(
        ITaskFamily family,
        Split split,
        EpisodeShape shape,
        int segments,
        SeededRandom random
    )
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        if (segments < 2 || (family.IsClassification && segments != shape.Ways))
        {
            throw new ArgumentException(
                $"A stream over '{family.Name}' has {(family.IsClassification ? $"a segment for each of {shape.Ways} classes, at least 2" : "at least 2 segments")}, got {segments}.",
                nameof(segments)
            );
        }

        if (family is ILanguages all)
        {
            // no language twice, so that every boundary is one
            Language[] languages = [.. all.Languages(split)];
            if (segments > languages.Length)
            {
                throw new BundleException(
                    $"{family.Name}: the split {split} has {languages.Length} languages, a stream of {segments} segments takes a language for each."
                );
            }

            random.Shuffle(languages.AsSpan());
            return [.. languages.Take(segments).Select(language => Segment(all.Of(language, shape)))];
        }

        if (!family.IsClassification)
        {
            return
            [
                .. Enumerable.Range(0, segments).Select(_ => Segment(family.Sample(split, shape, new SeededRandom(random.NextUInt64())))),
            ];
        }

        Episode task = family.Sample(split, shape, random);
        return
        [
            .. Enumerable
                .Range(0, segments)
                .Select(c => new StreamSegment(
                    OfClass(task.SupportX, task.SupportY, c),
                    OfClass(task.SupportY, task.SupportY, c),
                    OfClass(task.QueryX, task.QueryY, c),
                    OfClass(task.QueryY, task.QueryY, c)
                )),
        ];
    }

    private static FloatTensor OfClass(FloatTensor rows, FloatTensor labels, int number)
    {
        int length = rows.Count / rows.Shape[0];
        int[] those = [.. Enumerable.Range(0, labels.Count).Where(i => (int)labels.Values[i] == number)];
        return new FloatTensor(
            [those.Length, .. rows.Shape.Skip(1)],
            [.. those.SelectMany(i => rows.Values[(i * length)..((i + 1) * length)])]
        );
    }

    private static StreamSegment Segment(Episode task) => new(task.SupportX, task.SupportY, task.QueryX, task.QueryY);
}
