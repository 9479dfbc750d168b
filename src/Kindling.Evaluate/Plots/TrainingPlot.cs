using Kindling.Train.Session;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>Pictures of a training's course.</summary>
internal static class TrainingPlot
{
    /// <summary>The loss by iteration; where a training diverged, up to there.</summary>
    public static Plot LossPanel(IReadOnlyList<TrainingMetrics> log, string name)
    {
        Plot plot = new();
        TrainingMetrics[] finite = [.. log.Where(l => double.IsFinite(l.Loss))];
        double[] losses = [.. finite.Select(l => PlotStyle.Logarithm(l.Loss))];
        _ = PlotStyle.Line(plot, Iterations(finite), losses, "query loss after adaptation");
        PlotStyle.LabelLogarithms(plot);
        PlotStyle.Label(plot, $"{name}: loss in training", "iteration", "loss (logarithmic)", Alignment.UpperRight);
        return plot;
    }

    /// <summary>The metric on validation tasks by iteration, before adaptation and after steps: at most four, the first and the last among them.</summary>
    public static Plot ValidationPanel(IReadOnlyList<TrainingMetrics> log, string name, bool accuracy)
    {
        Plot plot = new();
        TrainingMetrics[] validated = [.. log.Where(l => l.Validation?.All(double.IsFinite) == true)];
        int last = validated.Length == 0 ? 0 : validated[0].Validation!.Count - 1;
        int[] steps = [.. new[] { 0, 1, last / 2, last }.Distinct().Where(k => k <= last).Order()];
        foreach ((int index, int step) in steps.Index())
        {
            double[] values = [.. validated.Select(l => accuracy ? l.Validation![step] : PlotStyle.Logarithm(l.Validation![step]))];
            _ = PlotStyle.Line(plot, Iterations(validated), values, PlotStyle.After(step), index, index);
        }

        string metric = accuracy ? "accuracy" : "mean squared error (logarithmic)";
        PlotStyle.Label(
            plot,
            $"{name}: validation tasks in training",
            "iteration",
            metric,
            accuracy ? Alignment.LowerRight : Alignment.UpperRight
        );
        if (accuracy)
        {
            plot.Axes.SetLimitsY(0, 1.02);
        }
        else
        {
            PlotStyle.LabelLogarithms(plot);
        }

        return plot;
    }

    private static double[] Iterations(IEnumerable<TrainingMetrics> log) => [.. log.Select(l => (double)l.Iteration)];
}
