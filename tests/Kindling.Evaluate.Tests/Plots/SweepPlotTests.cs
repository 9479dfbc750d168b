using Kindling.Evaluate.Plots;
using Kindling.Evaluate.Sweeps;
using SkiaSharp;

namespace Kindling.Evaluate.Tests.Plots;

public sealed class SweepPlotTests
{
    // One setting of three seeds, one of one whose last figure has diverged, one without a figure.
    [Test]
    public void Write_Table_DrawsALineOfEachSettingInItsColour()
    {
        using TemporaryFolder folder = new();
        SweepTable table = new()
        {
            Steps = [0, 1, 5],
            Rows =
            [
                Row("a", 3, [0.2, 0.5, 0.6], [0.01, 0.02, 0.01]),
                Row("b", 1, [0.3, 0.4, double.PositiveInfinity], [double.NaN, double.NaN, double.NaN]),
                Row("c", 0, [null, null, null], [double.NaN, double.NaN, double.NaN]),
            ],
        };
        SweepPlot.Write(table, folder["plot.png"]);
        using SKBitmap picture = SKBitmap.Decode(folder["plot.png"]);
        Assert.That((picture.Width, picture.Height), Is.EqualTo((1280, 480)));
        Assert.That(Pixels(picture, new SKColor(0x00, 0x72, 0xB2)), Is.GreaterThan(300), "the first line");
        Assert.That(Pixels(picture, new SKColor(0xD5, 0x5E, 0x00)), Is.InRange(50, 1000), "the second, up to where it diverges");
    }

    private static SweepTableRow Row(string setting, int seeds, double?[] mean, double[] half) =>
        new()
        {
            Setting = setting,
            Seeds = seeds,
            Seconds = 1,
            Mean = mean,
            Ci95 = half,
        };

    private static int Pixels(SKBitmap picture, SKColor color) => picture.Pixels.Count(pixel => pixel == color);
}
