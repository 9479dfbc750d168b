using System.Globalization;

namespace Kindling.Evaluate.Languages;

/// <summary>The figures of languages as lines of text: a row each, then the mean of each group.</summary>
internal static class LanguageTable
{
    private const int Width = 9;

    /// <summary>Numbers of steps that are shown, where there are as many.</summary>
    private static readonly int[] Shown = [0, 1, 2, 5, 10];

    public static IEnumerable<string> Lines(IReadOnlyList<LanguageFigures> languages)
    {
        int last = languages[0].BitsPerByte.Count - 1;
        int[] steps = [.. Shown.Where(k => k < last), last];
        string[] names = [.. languages[0].Baselines.Keys];
        yield return $"{"language", -28}{string.Concat(steps.Select(k => $"{k} steps".PadLeft(Width)))}{string.Concat(names.Select(n => n.PadLeft(Width)))}";
        foreach (IGrouping<string, LanguageFigures> group in languages.GroupBy(l => l.Group, StringComparer.Ordinal))
        {
            foreach (LanguageFigures language in group)
            {
                yield return Line(language.Name, [language]);
            }

            yield return Line($"mean of {group.Count()}, {group.Key}", [.. group]);
        }

        string Line(string name, LanguageFigures[] all) =>
            $"{name, -28}{string.Concat(steps.Select(k => Cell(all.Average(l => l.BitsPerByte[k]))))}{string.Concat(names.Select(n => Cell(all.Average(l => l.Baselines[n][^1]))))}";
    }

    private static string Cell(double figure) => figure.ToString("0.000", CultureInfo.InvariantCulture).PadLeft(Width);
}
