using System.Globalization;
using System.Xml.Linq;

namespace Kindling.Evaluate.Reports;

/// <content>How good predictions are: confusion and calibration, or predicted and true values.</content>
internal sealed partial class ReportPage
{
    private const int ShownConfusions = 15;

    private XElement[] Quality() =>
        content.Outcomes is null ? []
        : content.Confusion is null ? [Regression()]
        : Classification();

    private XElement[] Classification()
    {
        (ConfusionMatrix matrix, Calibration calibration) = (content.Confusion!, content.Calibration!);
        string rows = matrix.IsByName
            ? "Rows are the true classes, columns the predicted ones."
            : "Every task has classes of its own, so rows and columns are the places that classes have in their task; all should fare alike.";
        IReadOnlyList<(string True, string Predicted, int Count)> confused = matrix.Confusions(ShownConfusions);
        return
        [
            Section(
                "confusion",
                "Confusion",
                Html.Element("p", $"{content.Protocol}. {rows}"),
                Draw(figures.Quality[0]),
                Html.Table(
                    "Query examples by true (rows) and predicted (columns) class",
                    ["true", .. matrix.Labels],
                    matrix.Labels.Select((label, r) => matrix.Labels.Select((_, c) => (object)Shaded(matrix, r, c)).Prepend(label))
                ),
                confused.Count == 0
                    ? Html.Element("p", "No example was taken for another class.")
                    : Html.Table(
                        "Most frequent confusions",
                        ["true", "predicted", "examples"],
                        confused.Select(c => new object[] { c.True, c.Predicted, c.Count })
                    )
            ),
            Section(
                "calibration",
                "Calibration",
                Html.Element(
                    "p",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{content.Protocol}. Expected calibration error {calibration.Error:0.0000} over {calibration.Count} predictions in {Calibration.BinCount} bins of equal width (Guo et al. 2017): how far confidence and accuracy are apart, 0 is best."
                    )
                ),
                Draw(figures.Quality[1]),
                Html.Table(
                    "Accuracy by confidence",
                    ["confidence", "predictions", "mean confidence", "accuracy"],
                    calibration
                        .Bins.Select((bin, i) => (bin, i))
                        .Where(b => b.bin.Count > 0)
                        .Select(b =>
                            new object[]
                            {
                                string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"{(double)b.i / Calibration.BinCount:0.00} to {(b.i + 1.0) / Calibration.BinCount:0.00}"
                                ),
                                b.bin.Count,
                                b.bin.Confidence.ToString("0.000", CultureInfo.InvariantCulture),
                                b.bin.Accuracy.ToString("0.000", CultureInfo.InvariantCulture),
                            }
                        )
                )
            ),
        ];
    }

    private XElement Regression() =>
        Section(
            "calibration",
            "Predicted and true values",
            Html.Element(
                "p",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{content.Protocol}. Predictions explain {100 * content.Fit!.Explained:0.0} % of the variance of {content.Fit.True.Length} true values."
                )
            ),
            Draw(figures.Quality[0])
        );

    private static XElement Shaded(ConfusionMatrix matrix, int row, int column)
    {
        string share = matrix.Share(row, column).ToString("0.00", CultureInfo.InvariantCulture);
        string style = row == column ? "right" : "wrong";
        return Html.Element(
            "td",
            Html.Attribute("class", $"count {style}"),
            Html.Attribute("style", $"--share: {share}"),
            matrix.Counts[row, column]
        );
    }
}
