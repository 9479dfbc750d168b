using Kindling.Evaluate.Sweeps;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>The picture of a sweep: for each setting the metric by adaptation steps, with 95 % intervals over the seeds where there are several.</summary>
public static class SweepPlot
{
    /// <summary>Writes the picture as PNG, atomically.</summary>
    /// <param name="table">The sweep; its columns are the points.</param>
    /// <param name="path">The file.</param>
    public static void Write(SweepTable table, string path)
    {
        ArgumentNullException.ThrowIfNull(table);
        using Plot plot = new();
        foreach ((int index, SweepTableRow row) in table.Rows.Index())
        {
            // a diverged adaptation has no place in the picture
            int[] shown =
            [
                .. Enumerable.Range(0, table.Steps.Count).Where(k => row.Mean[k] is { } mean && Math.Abs(mean) <= SweepTable.Diverged),
            ];
            double[] x = [.. shown.Select(k => (double)table.Steps[k])];
            double[] y = [.. shown.Select(k => row.Mean[k]!.Value)];
            Color color = PlotStyle.Line(plot, x, y, row.Setting, index, index / PlotStyle.Colors.Count).Color;
            if (row.Seeds > 1)
            {
                double[] half = [.. shown.Select(k => row.Ci95[k])];
                plot.PlottableList.Add(new ScottPlot.Plottables.ErrorBar(x, y, null, null, half, half) { Color = color });
            }
        }

        string intervals = table.Rows.Any(row => row.Seeds > 1) ? ", 95 % intervals over the seeds" : "";
        PlotStyle.Label(plot, $"{table.Rows.Count} settings{intervals}", "adaptation steps", "metric", Alignment.LowerRight);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        // names of settings are long: beside the picture, not upon it
        using Plot names = new();
        names.Legend.ManualItems.AddRange(plot.Legend.GetItems());
        PlotStyle.Label(names, "", "", "", Alignment.MiddleLeft);
        names.Layout.Frameless();
        names.HideGrid();
        plot.HideLegend();
        PlotStyle.Save(path, plot, names);
    }
}
