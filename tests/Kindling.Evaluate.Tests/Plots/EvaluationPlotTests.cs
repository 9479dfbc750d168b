using Kindling.Evaluate.Plots;
using SkiaSharp;

namespace Kindling.Evaluate.Tests.Plots;

/// <summary>Pictures of evaluations. The drawing library here sees no font of the system, so that text proves that the shipped font is used.</summary>
public sealed class EvaluationPlotTests
{
    [Test]
    public void Write_BundleThatLearnsCurves_DrawsTwoPanelsWithTitles()
    {
        using TinyBundle lines = TinyBundle.Lines();

        using SKBitmap picture = Draw(lines);

        Assert.That((picture.Width, picture.Height), Is.EqualTo((1280, 480)));
        Assert.That(Dark(picture, new SKRectI(0, 0, 640, 30)), Is.GreaterThan(100), "title on the left");
        Assert.That(Dark(picture, new SKRectI(640, 0, 1280, 30)), Is.GreaterThan(100), "title on the right");
        Assert.That(Dark(picture, new SKRectI(0, 450, 640, 480)), Is.GreaterThan(5), "name of the axis below");
    }

    [Test]
    public void Write_Classification_DrawsOnePanel()
    {
        using TinyBundle characters = TinyBundle.Characters("support");

        using SKBitmap picture = Draw(characters);

        Assert.That((picture.Width, picture.Height), Is.EqualTo((640, 480)));
        Assert.That(Dark(picture, new SKRectI(0, 0, 640, 30)), Is.GreaterThan(100), "title");
        Assert.That(Dark(picture, new SKRectI(0, 450, 640, 480)), Is.GreaterThan(50), "name of the axis below");
    }

    private static SKBitmap Draw(TinyBundle bundle)
    {
        EvaluationOptions options = new() { Episodes = 4 };
        string path = Path.Combine(Path.GetDirectoryName(bundle.Path)!, "plot.png");
        EvaluationPlot.Write(Evaluator.Evaluate(bundle.Path, options), options, path);
        return SKBitmap.Decode(path);
    }

    private static int Dark(SKBitmap picture, SKRectI area)
    {
        int count = 0;
        for (int y = area.Top; y < area.Bottom; y++)
        {
            for (int x = area.Left; x < area.Right; x++)
            {
                SKColor color = picture.GetPixel(x, y);
                count += color.Red + color.Green + color.Blue < 200 ? 1 : 0;
            }
        }

        return count;
    }
}
