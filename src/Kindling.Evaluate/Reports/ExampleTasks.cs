using System.Globalization;
using System.Xml.Linq;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Reports;

/// <summary>Test tasks as parts of a page: what was learned from, and what the model makes of the query examples.</summary>
internal static class ExampleTasks
{
    /// <summary>Examples of a class that are shown.</summary>
    public const int ShownOfAClass = 3;

    private const int ShownValues = 10;

    /// <summary>A task of a classification: support and query examples with their names, the first of each class.</summary>
    public static XElement Classification(int number, Episode episode, TaskOutcome outcome, ItemPicture picture)
    {
        IEnumerable<XElement> support = Shown(episode.SupportY)
            .Select(i =>
            {
                string name = episode.Classes[(int)episode.SupportY.Values[i]];
                return Item(picture.Draw(episode.SupportX, i, $"Support example of {name}"), name, "");
            });
        IEnumerable<XElement> query = Shown(episode.QueryY)
            .Select(i =>
            {
                string truth = episode.Classes[(int)episode.QueryY.Values[i]];
                (int chosen, double confidence) = TaskOutcome.Choice(outcome.After, i);
                string predicted = episode.Classes[chosen];
                bool right = chosen == (int)episode.QueryY.Values[i];
                string sure = string.Create(CultureInfo.InvariantCulture, $"{100 * confidence:0}\u00A0%");
                return Item(
                    picture.Draw(episode.QueryX, i, $"Query example of {truth}, predicted {predicted}"),
                    right ? $"✓\u00A0{truth}, {sure}" : $"✗\u00A0{predicted}, {sure}; it is {truth}",
                    right ? "right" : "wrong"
                );
            });
        return Html.Element(
            "section",
            Html.Element("h3", $"Test task {number}"),
            Html.Element("h4", "Support: what it was adapted to"),
            Html.Element("ul", Html.Attribute("class", "items"), support),
            Html.Element("h4", "Query: what it says after adaptation, and how sure it is"),
            Html.Element("ul", Html.Attribute("class", "items"), query)
        );
    }

    /// <summary>A task of a regression: its first query examples with true and predicted values.</summary>
    public static XElement Regression(int number, Episode episode, TaskOutcome outcome) =>
        Html.Element(
            "section",
            Html.Element("h3", $"Test task {number}"),
            Html.Table(
                $"The first query examples, after adaptation to {episode.SupportX.Shape[0]} support examples",
                ["query", "input", "true", "before", "after"],
                Enumerable
                    .Range(0, Math.Min(ShownValues, episode.QueryX.Shape[0]))
                    .Select(i =>
                        new object[]
                        {
                            i + 1,
                            Row(episode.QueryX, i),
                            Row(outcome.Targets, i),
                            Row(outcome.Before, i),
                            Row(outcome.After, i),
                        }
                    )
            )
        );

    // Positions of the first examples of each class.
    private static IEnumerable<int> Shown(FloatTensor labels) =>
        Enumerable.Range(0, labels.Count).GroupBy(i => labels.Values[i]).SelectMany(g => g.Take(ShownOfAClass));

    private static XElement Item(XElement picture, string caption, string style) =>
        Html.Element("li", Html.Attribute("class", style), Html.Element("figure", picture, Html.Element("figcaption", caption)));

    private static string Row(FloatTensor rows, int index)
    {
        int width = rows.Count / rows.Shape[0];
        string[] values =
        [
            .. rows
                .Values.Skip(index * width)
                .Take(Math.Min(width, ShownValues))
                .Select(v => v.ToString("0.###", CultureInfo.InvariantCulture)),
        ];
        return string.Join(", ", values) + (width > ShownValues ? ", …" : "");
    }
}
