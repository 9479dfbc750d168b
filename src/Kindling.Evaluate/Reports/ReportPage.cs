using System.Globalization;
using System.Runtime.InteropServices;
using System.Xml.Linq;

namespace Kindling.Evaluate.Reports;

/// <summary>The page of a report: HTML that loads nothing, reads in light and dark, and says in words and tables what its pictures show.</summary>
internal sealed partial class ReportPage(ReportContent content, ReportFigures figures)
{
    private readonly bool accuracy = content.Manifest.IsClassification;

    /// <summary>Puts the page together.</summary>
    public XElement Write()
    {
        XElement[] sections =
        [
            Results(),
            Section("training", "Training", figures.Training.Count == 0 ? NoTraining() : figures.Training.Select(Draw)),
            Section("examples", "Examples", Examples()),
            .. accuracy ? Classification() : [Regression()],
            Section("recipe", "Recipe", Html.Element("pre", content.Recipe.ToJson())),
            Section("provenance", "Provenance", Provenance()),
        ];
        return Html.Element(
            "html",
            Html.Attribute("lang", "en"),
            Html.Element(
                "head",
                Html.Element("meta", Html.Attribute("charset", "utf-8")),
                Html.Element("meta", Html.Attribute("name", "viewport"), Html.Attribute("content", "width=device-width, initial-scale=1")),
                Html.Element(
                    "meta",
                    Html.Attribute("http-equiv", "Content-Security-Policy"),
                    Html.Attribute("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'")
                ),
                Html.Element("title", $"{content.Recipe.Name}: report"),
                Html.Element("style", ReportStyle.Css)
            ),
            Html.Element("body", Header(sections), Html.Element("main", sections))
        );
    }

    private XElement Header(XElement[] sections) =>
        Html.Element(
            "header",
            Html.Element("h1", content.Recipe.Name),
            Html.Element("p", content.Recipe.Description),
            Html.Element("p", Html.Attribute("class", "lead"), Summary()),
            Html.Element(
                "nav",
                Html.Attribute("aria-label", "Parts of this report"),
                Html.Element(
                    "ul",
                    sections.Select(s =>
                        Html.Element(
                            "li",
                            Html.Element("a", Html.Attribute("href", $"#{s.Attribute("id")!.Value}"), s.Element("h2")!.Value)
                        )
                    )
                )
            )
        );

    private string Summary()
    {
        MetricSeries own = content.Evaluation.Inductive;
        string unit = accuracy ? " %" : "";
        return $"{Metric()} {Figure(own, own.Mean.Count - 1)}{unit} {Plots.PlotStyle.After(content.Evaluation.Steps[^1])}, {Figure(own, 0)}{unit} before. {content.Protocol}.";
    }

    private XElement Results()
    {
        EvaluationReport evaluation = content.Evaluation;
        (string Name, MetricSeries Series)[] columns =
        [
            ("one at a time", evaluation.Inductive),
            ("as one batch", evaluation.Transductive),
            .. evaluation.Baselines.Select(b => ($"{b.Key} (baseline)", b.Value)),
        ];
        return Section(
            "results",
            "Results beside the baselines",
            Draw(figures.Steps),
            Html.Table(
                $"{Metric()}{(accuracy ? " in %" : "")} with 95 % intervals. {content.Protocol}.",
                ["steps", .. columns.Select(c => c.Name)],
                evaluation.Steps.Select(k =>
                    new object[] { k }.Concat(columns.Select(c => k < c.Series.Mean.Count ? Figure(c.Series, k) : ""))
                )
            ),
            Notes(evaluation)
        );
    }

    private static IEnumerable<XElement> Notes(EvaluationReport evaluation) =>
        [
            Html.Element(
                "p",
                "As one batch: normalisation may use statistics of the whole query set (transductive), which an app with one input at a time does not have. "
                    + "Baselines: random starts from fresh weights, joint from weights trained on all tasks pooled, centroid and ridge use its features without steps."
            ),
            .. evaluation.BaselineSettings.Select(s =>
                Html.Element("p", $"{s.Key}: {(s.Key == "ridge" ? "strength" : "rate")} {s.Value}, chosen on validation tasks.")
            ),
            .. evaluation.AbsentBaselines.Select(a => Html.Element("p", $"{a.Key} is absent: {a.Value}.")),
        ];

    private static IEnumerable<XElement> NoTraining() =>
        [
            Html.Element(
                "p",
                "The training's log is not here: a bundle does not carry it. A report of the folder of its checkpoint draws it."
            ),
        ];

    private IEnumerable<XElement> Examples()
    {
        if (figures.Curves.Count > 0)
        {
            return figures.Curves.Select(Draw);
        }

        ItemPicture picture = new(content.Manifest.Preprocessing);
        string shown = accuracy
            ? $" Of each class the first {ExampleTasks.ShownOfAClass} examples are shown, as the model gets them{(content.Manifest.Preprocessing.Image is null ? ": a line for each channel, all of a set on one scale" : "")}."
            : "";
        return content
            .Outcomes.Examples.Select(
                (episode, i) =>
                    accuracy
                        ? ExampleTasks.Classification(i + 1, episode, content.Outcomes.Tasks[i], picture)
                        : ExampleTasks.Regression(i + 1, episode, content.Outcomes.Tasks[i])
            )
            .Prepend(Html.Element("p", $"The first ones. {content.Protocol}.{shown}"));
    }

    private XElement Provenance()
    {
        Bundles.ManifestProvenance from = content.Manifest.Provenance;
        List<object[]> rows =
        [
            ["Report of", content.Subject],
            ["Base model (identity)", content.Manifest.BaseIdentity],
            ["Seed of the training", from.Seed],
            ["Iteration of the weights", from.Iterations],
            ["Started from", from.StartedFrom ?? "fresh weights"],
            ["Data (SHA-256)", from.DataHash ?? "not known"],
            ["Licences of the data", from.Licences.Count == 0 ? "none: generated, or your own" : string.Join("; ", from.Licences)],
            ["Version that trained", from.ToolVersion ?? "not known"],
            ["Version of this report", typeof(ReportPage).Assembly.GetName().Version!.ToString(3)],
            [
                "Machine of this report",
                $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}",
            ],
            ["Written", content.Created.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)],
            [
                "Milliseconds of an adaptation step here",
                content.Evaluation.MillisecondsPerStep.ToString("0.00", CultureInfo.InvariantCulture),
            ],
        ];
        if (content.Training is { } training)
        {
            rows.Add([
                "Time in training",
                TimeSpan.FromSeconds(training.Seconds).ToString("d'd 'hh':'mm':'ss", CultureInfo.InvariantCulture),
            ]);
        }

        return Html.Table("Where the model and these figures come from", ["what", "value"], rows);
    }

    private static XElement Section(string id, string title, params object?[] parts) =>
        Html.Element("section", Html.Attribute("id", id), Html.Element("h2", title), parts);

    private static XElement Draw(Figure figure) =>
        Html.Element("figure", Html.Image(figure.Png, figure.Description, "plot"), Html.Element("figcaption", figure.Description));

    private string Metric() => accuracy ? "Accuracy" : "Mean squared error";

    private string Figure(MetricSeries series, int step) =>
        accuracy
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * series.Mean[step]:0.00} ± {100 * series.Ci95[step]:0.00}")
            : string.Create(CultureInfo.InvariantCulture, $"{series.Mean[step]:0.0000} ± {series.Ci95[step]:0.0000}");
}
