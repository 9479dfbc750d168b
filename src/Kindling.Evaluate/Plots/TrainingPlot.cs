using Kindling.Train.Session;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>Pictures of a training's course.</summary>
internal static class TrainingPlot
{
    /// <summary>The loss by iteration; where a training diverged, up to there. One that falls below 0, as a policy's does, is drawn as it is.</summary>
    public static Plot LossPanel(IReadOnlyList<TrainingMetrics> log, string name)
    {
        Plot plot = new();
        TrainingMetrics[] finite = [.. log.Where(l => double.IsFinite(l.Loss))];
        bool logarithmic = finite.All(l => l.Loss >= 0);
        double[] losses = [.. finite.Select(l => logarithmic ? PlotStyle.Logarithm(l.Loss) : l.Loss)];
        _ = PlotStyle.Line(plot, Iterations(finite), losses, "query loss after adaptation");
        if (logarithmic)
        {
            PlotStyle.LabelLogarithms(plot);
        }
        else
        {
            plot.Axes.Margins(top: 0.25);
        }

        string axis = logarithmic ? "loss (logarithmic)" : "loss";
        PlotStyle.Label(plot, $"{name}: loss in training", "iteration", axis, Alignment.UpperRight);
        return plot;
    }

    /// <summary>The metric on validation tasks by iteration, before adaptation and after steps: at most four, the first and the last among them.</summary>
    public static Plot ValidationPanel(IReadOnlyList<TrainingMetrics> log, string name, MetricWords metric)
    {
        Plot plot = new();
        TrainingMetrics[] validated = [.. log.Where(l => l.Validation?.All(double.IsFinite) == true)];
        int last = validated.Length == 0 ? 0 : validated[0].Validation!.Count - 1;
        int[] steps = [.. new[] { 0, 1, last / 2, last }.Distinct().Where(k => k <= last).Order()];
        foreach ((int index, int step) in steps.Index())
        {
            double[] values = [.. validated.Select(l => metric.IsError ? PlotStyle.Logarithm(l.Validation![step]) : l.Validation![step])];
            _ = PlotStyle.Line(plot, Iterations(validated), values, PlotStyle.After(step), index, index);
        }

        Alignment legend = metric.IsError ? Alignment.UpperRight : Alignment.LowerRight;
        PlotStyle.Label(plot, $"{name}: validation tasks in training", "iteration", metric.Axis, legend);
        if (metric.IsShare)
        {
            plot.Axes.SetLimitsY(0, 1.02);
        }
        else if (metric.IsError)
        {
            PlotStyle.LabelLogarithms(plot);
        }
        else
        {
            plot.Axes.Margins(bottom: 0.35, top: 0.1);
        }

        return plot;
    }

    private static double[] Iterations(IEnumerable<TrainingMetrics> log) => [.. log.Select(l => (double)l.Iteration)];
}
