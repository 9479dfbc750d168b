using System.Globalization;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using Kindling.Evaluate.Languages;

namespace Kindling.Evaluate.Reports;

/// <summary>The page of a report: HTML that loads nothing, reads in light and dark, and says in words and tables what its pictures show.</summary>
internal sealed partial class ReportPage(ReportContent content, ReportFigures figures)
{
    /// <summary>Puts the page together.</summary>
    public XElement Write()
    {
        XElement[] sections =
        [
            Results(),
            Section("training", "Training", figures.Training.Count == 0 ? NoTraining() : figures.Training.Select(Draw)),
            .. Examples() is { Length: > 0 } examples ? [Section("examples", "Examples", examples)] : Array.Empty<XElement>(),
            .. Quality(),
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
        MetricWords metric = content.Metric;
        return $"{metric.Name} {metric.Figure(own, own.Mean.Count - 1)}{metric.Unit} {Plots.PlotStyle.After(content.Evaluation.Steps[^1])}, {metric.Figure(own, 0)}{metric.Unit} before. {content.Protocol}.";
    }

    private XElement Results()
    {
        EvaluationReport evaluation = content.Evaluation;
        MetricWords metric = content.Metric;
        (string Name, MetricSeries Series, MetricWords Words)[] columns =
        [
            .. content.Outcomes is null
                ? [("meta-learned", evaluation.Inductive, metric)]
                : new[] { ("one at a time", evaluation.Inductive, metric), ("as one batch", evaluation.Transductive, metric) },
            .. evaluation.Returns is { } returns
                ? [("return of acting", returns, MetricWords.Of(EvaluationReport.ReturnMetric))]
                : Array.Empty<(string, MetricSeries, MetricWords)>(),
            .. evaluation.Baselines.Select(b => ($"{b.Key} (baseline)", b.Value, metric)),
        ];
        return Section(
            "results",
            "Results beside the baselines",
            Draw(figures.Steps),
            Html.Table(
                $"{metric.Name}{(metric.IsShare ? " in %" : "")} with 95 % intervals. {content.Protocol}.",
                ["steps", .. columns.Select(c => c.Name)],
                evaluation.Steps.Select(k =>
                    new object[] { k }.Concat(columns.Select(c => k < c.Series.Mean.Count ? c.Words.Figure(c.Series, k) : ""))
                )
            ),
            evaluation.Languages is { } languages ? Languages(languages) : null,
            Notes(evaluation)
        );
    }

    private static IEnumerable<XElement> Notes(EvaluationReport evaluation) =>
        [
            Html.Element("p", Note(evaluation.Metric)),
            .. evaluation.Returns is null
                ? Array.Empty<XElement>()
                :
                [
                    Html.Element(
                        "p",
                        "Return of acting: outputs are actions, and a learner takes them in the task's world; the sum of an episode's rewards, more is better."
                    ),
                ],
            .. evaluation.BaselineSettings.Select(s =>
                Html.Element("p", $"{s.Key}: {EvaluationReport.SettingName(s.Key)} {s.Value}, chosen on validation tasks.")
            ),
            .. evaluation.AbsentBaselines.Select(a => Html.Element("p", $"{a.Key} is absent: {a.Value}.")),
        ];

    private static string Note(string metric) =>
        metric switch
        {
            EvaluationReport.ReturnMetric => "A return is the sum of an episode's rewards. Baselines: random starts from fresh weights.",
            "bitsPerByte" =>
                "Baselines: scratch trains fresh weights on the support text, joint starts from weights trained on all languages pooled; "
                    + "gzip, xz and ppmd: by how much the query text lengthens the compressed support text.",
            Figures.DetectionMetric =>
                "Baselines: scratch trains fresh weights on the support pictures, joint starts from weights trained on all tasks pooled and takes the "
                    + "same steps, or as many as it wants (long).",
            _ =>
                "As one batch: normalisation may use statistics of the whole query set (transductive), which an app with one input at a time does not have. "
                    + "Baselines: random starts from fresh weights, joint from weights trained on all tasks pooled, centroid and ridge use its features without steps.",
        };

    private XElement Languages(IReadOnlyList<LanguageFigures> languages)
    {
        string[] baselines = [.. languages[0].Baselines.Keys];
        return Html.Table(
            $"Each language{(content.Beside > 0 ? $", the last {content.Beside} not in the means above" : "")}. {content.Protocol}.",
            ["language", "group", .. content.Evaluation.Steps.Select(k => $"{k}"), .. baselines.Select(b => $"{b} (baseline)")],
            languages.Select(l =>
                new object[] { l.Name, l.Group }
                    .Concat(l.BitsPerByte.Select(content.Metric.Number))
                    .Concat(baselines.Select(b => content.Metric.Number(l.Baselines[b][^1])))
            )
        );
    }

    private static IEnumerable<XElement> NoTraining() =>
        [
            Html.Element(
                "p",
                "The training's log is not here: a bundle does not carry it. A report of the folder of its checkpoint draws it."
            ),
        ];

    private XElement[] Examples()
    {
        if (figures.Examples.Count > 0)
        {
            return [.. figures.Examples.Select(Draw)];
        }

        if (content.Outcomes is not { } outcomes)
        {
            return [];
        }

        bool classes = content.Manifest.IsClassification;
        ItemPicture picture = new(content.Manifest.Preprocessing);
        string shown = classes
            ? $" Of each class the first {ExampleTasks.ShownOfAClass} examples are shown, as the model gets them{(content.Manifest.Preprocessing.Image is null ? ": a line for each channel, all of a set on one scale" : "")}."
            : "";
        return
        [
            Html.Element("p", $"The first ones. {content.Protocol}.{shown}"),
            .. outcomes.Examples.Select(
                (episode, i) =>
                    classes
                        ? ExampleTasks.Classification(i + 1, episode, outcomes.Tasks[i], picture)
                        : ExampleTasks.Regression(i + 1, episode, outcomes.Tasks[i])
            ),
        ];
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
}
