using Kindling.Cli.Training;
using Kindling.Train.Session;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Kindling.Cli.Tests;

public sealed class TrainingViewTests
{
    // 1. eight levels a line 2. two lines 3. all alike 4. what is not finite 5. more values than fit 6. nothing
    [TestCase(new double[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 20, 1, "▁▂▃▄▅▆▇█")]
    [TestCase(new double[] { 0, 15, 7 }, 20, 2, " █ |▁██")]
    [TestCase(new double[] { 3, 3 }, 20, 1, "▁▁")]
    [TestCase(new[] { 0, double.NaN, 7, double.PositiveInfinity }, 20, 1, "▁ █ ")]
    [TestCase(new double[] { 0, 0, 6, 8, 3, 4 }, 3, 1, "▁█▅")]
    [TestCase(new double[] { }, 20, 2, "|")]
    public void BlockCurve_Draw_MapsTheRangeToBlocks(double[] values, int width, int height, string expected) =>
        Assert.That(string.Join('|', BlockCurve.Draw(values, width, height)), Is.EqualTo(expected));

    [Test]
    public void LiveTrainingView_Report_ShowsWhatIsKnown()
    {
        List<string> pictures = [];
        LiveTrainingView view = new("[red]m", picture => pictures.Add(Text(picture)));
        view.Report(Line("meta-training", 25, 1.5, null));
        view.Report(Line("meta-training", 50, 0.5, [0.2, 0.9]));
        view.Report(Line("joint baseline", 10, 4, null));
        view.Begin("another");
        view.Report(Line("meta-training", 100, 2, null));

        Assert.That(
            pictures[0],
            Does.Contain("[red]m: meta-training").And.Contain("███░").And.Contain("25 of 100").And.Not.Contain("validation")
        );
        Assert.That(
            pictures[1],
            Does.Contain("50 of 100")
                .And.Contain("320 tasks/s, 00:01:05 left")
                .And.Contain("0.5000, from 1.5000 to 0.5000 so far")
                .And.Contain("before 0.2000, after 1 0.9000")
        );
        Assert.That(
            pictures[2],
            Does.StartWith("meta-training: loss 0.5000, validation before 0.2000, after 1 0.9000\n")
                .And.Contain("4.0000, from 4.0000 to 4.0000")
        );
        Assert.That(pictures[3], Does.Contain("another: meta-training").And.Contain("2.0000, from 2.0000").And.Not.Contain("joint"));
    }

    private static TrainingProgress Line(string stage, int iteration, double loss, IReadOnlyList<double>? validation) =>
        new(iteration, 100, 320, TimeSpan.FromSeconds(65), loss, validation) { Stage = stage };

    private static string Text(IRenderable picture)
    {
        using StringWriter writer = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 100;
        console.Write(picture);
        return writer.ToString();
    }
}
