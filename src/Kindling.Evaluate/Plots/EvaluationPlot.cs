using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Control;
using Kindling.Recipes;
using Kindling.Tasks;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>
/// The picture of an evaluation: the metric after every step beside the baselines, with 95 % intervals; for bundles that learn curves also one
/// test curve before and after adaptation, for policies in a plane where they go, and for detectors pictures with what they find.
/// </summary>
public static class EvaluationPlot
{
    /// <summary>Writes the picture as PNG, atomically.</summary>
    /// <param name="report">The evaluation.</param>
    /// <param name="options">What was evaluated.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="BundleException">The bundle has no recipe.</exception>
    public static void Write(EvaluationReport report, EvaluationOptions options, string path)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(report);
        using AdaptableModel model = AdaptableModel.Open(
            report.Bundle,
            new AdaptOptions { Steps = options.Steps, RequireImprovement = false }
        );
        Recipe recipe = BundleRecipe.Of(model.Manifest, report.Bundle);
        using Plot steps = StepsPanel(report, recipe.Name);
        EpisodePlan plan = new(report.Bundle, model.Manifest, options);
        if (Paths(model, recipe, plan, report) is { } lived)
        {
            using Plot paths = PathsPanel(lived, recipe.Name);
            PlotStyle.Save(path, paths, steps);
            return;
        }

        if (model.Manifest.IsDetection)
        {
            using Plot sheet = PlotStyle.Picture(DetectionSheet.Draw(model, plan));
            PlotStyle.Save(path, sheet, steps);
            return;
        }

        if (!CurveSample.Fits(model.Manifest, recipe))
        {
            PlotStyle.Save(path, steps);
            return;
        }

        int last = report.Steps[^1];
        int[] shown = [.. new[] { 0, 1, last }.Where(k => k <= last).Distinct()];
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, options.DataRoot);
        CurveSample sample = CurveSample.Draw(model, recipe, tasks, shown, new SeededRandom(report.Seed, CurveSample.Stream));
        using Plot curve = CurvePanel(sample, recipe.Name);
        PlotStyle.Save(path, curve, steps);
    }

    /// <summary>One test curve, its points, and what the model says as adaptation goes on.</summary>
    internal static Plot CurvePanel(CurveSample sample, string name)
    {
        Plot plot = new();
        PlotStyle.Line(plot, sample.X, sample.Truth, "truth").Color = Colors.Black;
        foreach ((int index, (int step, double[] values)) in sample.Predictions.OrderBy(p => p.Key).Index())
        {
            PlotStyle.Line(plot, sample.X, values, PlotStyle.After(step), index, index + 1);
        }

        ScottPlot.Plottables.Markers points = plot.Add.Markers(sample.PointsX, sample.PointsY, MarkerShape.FilledCircle, 8, Colors.Black);
        points.LegendText = $"the {sample.PointsX.Length} points";
        PlotStyle.Label(plot, $"{name}: a new curve from {sample.PointsX.Length} points", "x", "y", Alignment.UpperRight);
        plot.Axes.Margins(bottom: 0.1, top: 0.45);
        return plot;
    }

    /// <summary>What learners that act in a plane do in the first test task, before adaptation and after each step: [step][episode]. Null of others.</summary>
    internal static IReadOnlyList<IReadOnlyList<Trajectory>>? Paths(
        AdaptableModel model,
        Recipe recipe,
        EpisodePlan plan,
        EvaluationReport report
    ) =>
        plan.Worlds is { SeesPlace: true } ? ReturnEvaluator.FirstTask(model, recipe, report)
        : plan.Acting is { SeesPlace: true } worlds
            ? [.. new ActingMeasure(model, plan).Live(worlds, 0, plan.Test(0)).OfType<Trajectory>().Select(lived => new[] { lived })]
        : null;

    /// <summary>Where a policy goes in a plane, before adaptation and after each step: some episodes of one task.</summary>
    internal static Plot PathsPanel(IReadOnlyList<IReadOnlyList<Trajectory>> lived, string name)
    {
        const int Shown = 5;
        Plot plot = new();
        foreach ((int step, IReadOnlyList<Trajectory> episodes) in lived.Index())
        {
            foreach ((int index, Trajectory episode) in episodes.Take(Shown).Index())
            {
                int seen = episode.Observations.Shape[1];
                double[] x = [.. episode.Observations.Values.Where((_, i) => i % seen == 0).Select(v => (double)v)];
                double[] y = [.. episode.Observations.Values.Where((_, i) => i % seen == 1).Select(v => (double)v)];
                _ = PlotStyle.Line(plot, x, y, index == 0 ? PlotStyle.After(step) : "", step, step + 1);
            }
        }

        string each = lived[0].Count == 1 ? "" : $", {Math.Min(Shown, lived[0].Count)} episodes each";
        PlotStyle.Label(plot, $"{name}: a new task{each}", "x", "y", Alignment.UpperRight);
        plot.Axes.SquareUnits();
        return plot;
    }

    /// <summary>The metric after every step beside the baselines.</summary>
    internal static Plot StepsPanel(EvaluationReport report, string name)
    {
        Plot plot = new();
        MetricWords metric = MetricWords.Of(report.Metric);
        Series(plot, report.Steps, report.Inductive, "meta-learned", 0, metric.IsError);
        if (metric.IsShare)
        {
            Series(plot, report.Steps, report.Transductive, "meta-learned, transductive", 1, metric.IsError);
        }

        foreach ((int index, (string baseline, MetricSeries series)) in report.Baselines.Index())
        {
            Series(plot, report.Steps, series, baseline, index + 2, metric.IsError);
        }

        PlotStyle.Label(
            plot,
            $"{name}: {report.Episodes} test tasks, 95 % intervals",
            "adaptation steps",
            metric.Axis,
            metric.IsError ? Alignment.UpperRight : Alignment.LowerRight
        );
        if (metric.IsShare)
        {
            plot.Axes.SetLimitsY(0, 1.02);
        }
        else if (metric.IsError)
        {
            plot.Axes.Margins(bottom: 0.1, top: 0.45);
            PlotStyle.LabelLogarithms(plot);
        }
        else
        {
            plot.Axes.Margins(bottom: 0.35, top: 0.1);
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
        Func<double, double> scale = logarithmic ? PlotStyle.Logarithm : v => v;
        double[] middle = [.. y.Select(scale)];
        Color color = PlotStyle.Line(plot, x, middle, label, index, index).Color;
        double[] below = [.. y.Select((v, k) => middle[k] - scale(v - interval[k]))];
        double[] above = [.. y.Select((v, k) => scale(v + interval[k]) - middle[k])];
        plot.PlottableList.Add(new ScottPlot.Plottables.ErrorBar(x, middle, null, null, below, above) { Color = color });
    }
}
