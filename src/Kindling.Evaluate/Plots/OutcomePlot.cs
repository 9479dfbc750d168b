using System.Globalization;
using Kindling.Evaluate.Reports;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>Pictures of what a bundle says about test tasks.</summary>
internal static class OutcomePlot
{
    private const int MostPoints = 2000;
    private const int LongestLabel = 18;
    private const int WidestLabels = 60;

    /// <summary>A confusion matrix, rows by their true label, in shares of the row.</summary>
    public static Plot ConfusionPanel(ConfusionMatrix matrix, string name)
    {
        Plot plot = new();
        int size = matrix.Labels.Count;
        double[,] shares = new double[size, size];
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                double share = shares[row, column] = matrix.Share(row, column);
                ScottPlot.Plottables.Text text = plot.Add.Text(
                    (100 * share).ToString(share is 0 or 1 ? "0" : "0.#", CultureInfo.InvariantCulture),
                    column,
                    size - 1 - row
                );
                text.LabelFontName = PlotStyle.FontName;
                text.LabelFontColor = share > 0.5 ? Colors.White : Colors.Black;
                text.LabelFontSize = size > 10 ? 8 : 12;
                text.LabelAlignment = Alignment.MiddleCenter;
            }
        }

        ScottPlot.Plottables.Heatmap heat = plot.Add.Heatmap(shares);
        heat.Colormap = new ScottPlot.Colormaps.CustomInterpolated([Colors.White, PlotStyle.Colors[0]]);
        heat.ManualRange = new(0, 1);
        plot.MoveToBack(heat);
        double[] places = [.. Enumerable.Range(0, size).Select(i => (double)i)];
        string[] labels = [.. matrix.Labels.Select(Short)];
        plot.Axes.Left.SetTicks(places, [.. labels.Reverse()]);
        plot.Axes.Bottom.SetTicks(places, labels);
        plot.Axes.Margins(0, 0);
        PlotStyle.Label(plot, $"{name}: percent of each true class", "predicted", "true", Alignment.UpperRight);
        plot.HideLegend();
        plot.HideGrid();
        if (labels.Sum(l => l.Length) > WidestLabels)
        {
            plot.Axes.Bottom.TickLabelStyle.Rotation = -30;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.UpperRight;
            plot.Axes.Bottom.MinimumSize = 110;
        }

        return plot;
    }

    /// <summary>A reliability diagram: accuracy by confidence, beside the diagonal on which both agree, and the share of predictions in each bin.</summary>
    public static Plot CalibrationPanel(Calibration calibration, string name)
    {
        Plot plot = new();
        double width = 1.0 / calibration.Bins.Count;
        Bar[] shares =
        [
            .. calibration.Bins.Select(
                (bin, i) =>
                    new Bar
                    {
                        Position = (i + 0.5) * width,
                        Value = (double)bin.Count / calibration.Count,
                        Size = width,
                        FillColor = Colors.LightGray,
                        LineColor = Colors.Gray,
                    }
            ),
        ];
        plot.Add.Bars(shares).LegendText = "share of predictions";
        PlotStyle.Line(plot, [0, 1], [0, 1], "as confident as right", 0, 1).Color = Colors.Black;
        CalibrationBin[] filled = [.. calibration.Bins.Where(b => b.Count > 0)];
        ScottPlot.Plottables.Scatter line = PlotStyle.Line(
            plot,
            [.. filled.Select(b => b.Confidence)],
            [.. filled.Select(b => b.Accuracy)],
            "accuracy"
        );
        line.MarkerShape = MarkerShape.FilledCircle;
        line.MarkerSize = 7;
        PlotStyle.Label(
            plot,
            string.Create(CultureInfo.InvariantCulture, $"{name}: expected calibration error {calibration.Error:0.000}"),
            "confidence",
            "accuracy",
            Alignment.UpperLeft
        );
        plot.Axes.SetLimits(0, 1, 0, 1.02);
        return plot;
    }

    /// <summary>Predicted by true values: of very many, points at equal distances in the order of the tasks.</summary>
    public static Plot FitPanel(TargetFit fit, string name)
    {
        Plot plot = new();
        int stride = Math.Max(1, (fit.True.Length + MostPoints - 1) / MostPoints);
        int[] shown = [.. Enumerable.Range(0, fit.True.Length).Where(i => i % stride == 0)];
        double[] limits = [fit.True.Min(), fit.True.Max()];
        ScottPlot.Plottables.Markers points = plot.Add.Markers(
            shown.Select(i => fit.True[i]).ToArray(),
            shown.Select(i => fit.Predicted[i]).ToArray(),
            MarkerShape.FilledCircle,
            4,
            PlotStyle.Colors[0].WithAlpha(0.4)
        );
        points.LegendText = $"{shown.Length} of {fit.True.Length} values";
        PlotStyle.Line(plot, limits, limits, "predicted = true", 0, 1).Color = Colors.Black;
        PlotStyle.Label(
            plot,
            string.Create(CultureInfo.InvariantCulture, $"{name}: {100 * fit.Explained:0.#} % of the variance explained"),
            "true",
            "predicted",
            Alignment.UpperLeft
        );
        return plot;
    }

    private static string Short(string label) => label.Length <= LongestLabel ? label : $"{label[..(LongestLabel - 1)]}…";
}
