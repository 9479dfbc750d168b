using System.Globalization;
using Kindling.Bundles;
using ScottPlot;
using ScottPlot.Plottables;
using SkiaSharp;

namespace Kindling.Evaluate.Plots;

/// <summary>What all plots share: one font that travels with the program (a machine without fonts draws no text at all otherwise), colours, saving.</summary>
internal static class PlotStyle
{
    /// <summary>The font that travels with the program.</summary>
    public const string FontName = "DejaVu Sans";

    private const int PanelWidth = 640;
    private const int PanelHeight = 480;
    private const double Smallest = 1e-6;
    private const double Sharp = 2;
    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted, LinePattern.DenselyDashed];
    private static readonly Lazy<bool> Font = new(RegisterFont);

    /// <summary>Colours that stay apart for most colour-blind readers (Okabe, Ito 2008).</summary>
    public static IReadOnlyList<Color> Colors { get; } =
    [
        Color.FromHex("#0072B2"),
        Color.FromHex("#D55E00"),
        Color.FromHex("#009E73"),
        Color.FromHex("#CC79A7"),
        Color.FromHex("#56B4E9"),
        Color.FromHex("#E69F00"),
    ];

    /// <summary>Gives a finished panel its title, axis names, legend and font.</summary>
    public static void Label(Plot plot, string title, string x, string y, Alignment legend)
    {
        _ = Font.Value;
        plot.Title(title);
        plot.XLabel(x);
        plot.YLabel(y);
        _ = plot.ShowLegend(legend);
        plot.Legend.FontName = FontName;
        plot.Font.Set(FontName);
    }

    /// <summary>A line with a legend, in a colour and a pattern by number.</summary>
    public static Scatter Line(Plot plot, double[] x, double[] y, string label, int color = 0, int pattern = 0)
    {
        Scatter line = plot.Add.ScatterLine(x, y, Colors[color % Colors.Count]);
        line.LegendText = label;
        line.LineWidth = 2;
        line.LinePattern = Patterns[pattern % Patterns.Length];
        return line;
    }

    /// <summary>What a curve after a number of adaptation steps is called.</summary>
    public static string After(int step) =>
        step switch
        {
            0 => "before adaptation",
            1 => "after 1 step",
            _ => $"after {step} steps",
        };

    /// <summary>Errors are drawn by their logarithm, which tells a bad one from a good one.</summary>
    public static double Logarithm(double value) => Math.Log10(Math.Max(value, Smallest));

    /// <summary>Makes the axis of values, which are logarithms, say the numbers themselves.</summary>
    public static void LabelLogarithms(Plot plot) =>
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            LabelFormatter = tick => Math.Pow(10, tick).ToString("G2", CultureInfo.InvariantCulture),
        };

    /// <summary>A panel that shows a picture and nothing else.</summary>
    /// <param name="png">The picture.</param>
    public static Plot Picture(byte[] png)
    {
        Plot plot = new();
        using SKBitmap size = SKBitmap.Decode(png);
        _ = plot.Add.ImageRect(new Image(png), new CoordinateRect(0, size.Width, 0, size.Height));
        plot.Layout.Frameless();
        plot.HideGrid();
        plot.Axes.SetLimits(0, size.Width, 0, size.Height);
        plot.Axes.SquareUnits();
        return plot;
    }

    /// <summary>A panel as PNG, with twice the pixels of its size in a page.</summary>
    public static byte[] Png(Plot panel)
    {
        panel.ScaleFactor = Sharp;
        return panel.GetImage((int)(Sharp * PanelWidth), (int)(Sharp * PanelHeight)).GetImageBytes(ImageFormat.Png);
    }

    /// <summary>Writes panels side by side as one PNG, atomically.</summary>
    public static void Save(string path, params IReadOnlyList<Plot> panels)
    {
        Multiplot all = new() { Layout = new ScottPlot.MultiplotLayouts.Columns() };
        all.Reset(panels[0]);
        foreach (Plot panel in panels.Skip(1))
        {
            all.AddPlot(panel);
        }

        byte[] png = all.Render(PanelWidth * panels.Count, PanelHeight).GetImageBytes(ImageFormat.Png);
        AtomicFile.Write(path, png);
    }

    /// <summary>The font itself, to draw with; the caller's to dispose of.</summary>
    public static SKTypeface Typeface() => SKTypeface.FromFile(FontFile());

    private static bool RegisterFont()
    {
        Fonts.AddFontFile(FontName, FontFile());
        return true;
    }

    private static string FontFile()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Plots", "DejaVuSans.ttf");
        return File.Exists(file)
            ? file
            : throw new FileNotFoundException($"The font of the plots is missing: {file} belongs beside the program.", file);
    }
}
