using System.Globalization;
using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>
/// The picture of an evaluation: the metric after every step beside the baselines, with 95 % intervals; for bundles that learn curves also one
/// test curve before and after adaptation.
/// </summary>
public static class EvaluationPlot
{
    private const double Smallest = 1e-6;

    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted, LinePattern.DenselyDashed];

    /// <summary>Writes the picture as PNG, atomically.</summary>
    /// <param name="report">The evaluation.</param>
    /// <param name="dataRoot">Folder of data sets.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="BundleException">The bundle has no recipe.</exception>
    public static void Write(EvaluationReport report, string dataRoot, string path)
    {
        ArgumentNullException.ThrowIfNull(report);
        using AdaptableModel model = AdaptableModel.Open(report.Bundle);
        Recipe recipe = BundleRecipe.Of(model.Manifest, report.Bundle);
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, dataRoot);
        using Plot steps = StepsPanel(report, recipe.Name);
        if (!CurveSample.Fits(model, tasks))
        {
            PlotStyle.Save(path, steps);
            return;
        }

        int last = report.Steps[^1];
        int[] shown = [.. new[] { 0, 1, last }.Where(k => k <= last).Distinct()];
        using Plot curve = CurvePanel(CurveSample.Draw(model, recipe, tasks, shown, report.Seed), recipe.Name);
        PlotStyle.Save(path, curve, steps);
    }

    private static Plot CurvePanel(CurveSample sample, string name)
    {
        Plot plot = new();
        Line(plot, sample.X, sample.Truth, "truth", Colors.Black, LinePattern.Solid);
        foreach ((int index, (int step, double[] values)) in sample.Predictions.OrderBy(p => p.Key).Index())
        {
            string label =
                step == 0 ? "before adaptation"
                : step == 1 ? "after 1 step"
                : $"after {step} steps";
            Line(plot, sample.X, values, label, PlotStyle.Colors[index], Patterns[(index + 1) % Patterns.Length]);
        }

        ScottPlot.Plottables.Markers points = plot.Add.Markers(sample.PointsX, sample.PointsY, MarkerShape.FilledCircle, 8, Colors.Black);
        points.LegendText = $"the {sample.PointsX.Length} points";
        PlotStyle.Label(plot, $"{name}: a new curve from {sample.PointsX.Length} points", "x", "y", Alignment.UpperRight);
        plot.Axes.Margins(bottom: 0.1, top: 0.45);
        return plot;
    }

    private static Plot StepsPanel(EvaluationReport report, string name)
    {
        Plot plot = new();
        bool error = report.Metric != "accuracy";
        Series(plot, report.Steps, report.Inductive, "meta-learned", 0, error);
        if (!error)
        {
            Series(plot, report.Steps, report.Transductive, "meta-learned, transductive", 1, error);
        }

        foreach ((int index, (string baseline, MetricSeries series)) in report.Baselines.Index())
        {
            Series(plot, report.Steps, series, baseline, index + 2, error);
        }

        PlotStyle.Label(
            plot,
            $"{name}: {report.Episodes} test tasks, 95 % intervals",
            "adaptation steps",
            error ? "mean squared error (logarithmic)" : "accuracy",
            error ? Alignment.UpperRight : Alignment.LowerRight
        );
        if (!error)
        {
            plot.Axes.SetLimitsY(0, 1.02);
        }
        else
        {
            plot.Axes.Margins(bottom: 0.1, top: 0.45);
            plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
            {
                LabelFormatter = tick => Math.Pow(10, tick).ToString("G2", CultureInfo.InvariantCulture),
            };
        }

        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        return plot;
    }

    // A baseline without steps has one figure: a level line. Errors are drawn by their logarithm, which tells a bad baseline from a good one.
    private static void Series(Plot plot, IReadOnlyList<int> steps, MetricSeries series, string label, int index, bool logarithmic)
    {
        double[] x = [.. steps.Select(k => (double)k)];
        double[] y = [.. x.Select((_, k) => series.Mean[Math.Min(k, series.Mean.Count - 1)])];
        double[] interval = [.. x.Select((_, k) => series.Ci95[Math.Min(k, series.Ci95.Count - 1)])];
        Color color = PlotStyle.Colors[index % PlotStyle.Colors.Count];
        Func<double, double> scale = logarithmic ? v => Math.Log10(Math.Max(v, Smallest)) : v => v;
        double[] middle = [.. y.Select(scale)];
        Line(plot, x, middle, label, color, Patterns[index % Patterns.Length]);
        double[] below = [.. y.Select((v, k) => middle[k] - scale(v - interval[k]))];
        double[] above = [.. y.Select((v, k) => scale(v + interval[k]) - middle[k])];
        plot.PlottableList.Add(new ScottPlot.Plottables.ErrorBar(x, middle, null, null, below, above) { Color = color });
    }

    private static void Line(Plot plot, double[] x, double[] y, string label, Color color, LinePattern pattern)
    {
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(x, y, color);
        line.LegendText = label;
        line.LineWidth = 2;
        line.LinePattern = pattern;
    }
}
