using Kindling.Bundles;
using ScottPlot;

namespace Kindling.Evaluate.Plots;

/// <summary>What all plots share: one font that travels with the program (a machine without fonts draws no text at all otherwise), colours, saving.</summary>
internal static class PlotStyle
{
    private const string FontName = "DejaVu Sans";
    private const int PanelWidth = 640;
    private const int PanelHeight = 480;
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

    private static bool RegisterFont()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "Plots", "DejaVuSans.ttf");
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"The font of the plots is missing: {file} belongs beside the program.", file);
        }

        Fonts.AddFontFile(FontName, file);
        return true;
    }
}
