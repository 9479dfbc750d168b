using Kindling.Bundles;
using Kindling.Evaluate.Plots;
using Kindling.Evaluate.Reports;
using ScottPlot;
using SkiaSharp;
using PlotStyle = Kindling.Evaluate.Plots.PlotStyle;

namespace Kindling.Evaluate.Tests.Plots;

public sealed class OutcomePlotTests
{
    // Names as data may have them: long, with signs of markup, with line breaks and halves of characters.
    [Test]
    public void ConfusionPanel_TwentyUnusualNames_ShadesTheDiagonal()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"<b>{i:00} a very long name of a class\n\uD83D")];
        FloatTensor outputs = new([20, 20], [.. Enumerable.Range(0, 400).Select(i => i / 20 == i % 20 ? 5f : 0)]);
        FloatTensor labels = new([20], [.. Enumerable.Range(0, 20).Select(i => (float)i)]);
        ConfusionMatrix matrix = ConfusionMatrix.Of([new(names, labels, outputs, outputs)]);
        using Plot plot = OutcomePlot.ConfusionPanel(matrix, "test");

        using SKBitmap picture = SKBitmap.Decode(PlotStyle.Png(plot));

        Assert.That((picture.Width, picture.Height), Is.EqualTo((1280, 960)));
        int shaded = 0;
        for (int i = 0; i < picture.Width * picture.Height; i++)
        {
            shaded += picture.GetPixel(i % picture.Width, i / picture.Width) == new SKColor(0x00, 0x72, 0xB2) ? 1 : 0;
        }

        // 20 cells of 1/400 each of the area that names and title leave
        Assert.That(shaded, Is.InRange(0.01 * 1280 * 960, 0.05 * 1280 * 960));
    }
}
