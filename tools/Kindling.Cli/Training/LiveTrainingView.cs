using Kindling.Train.Session;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Kindling.Cli.Training;

/// <summary>Progress of training on a terminal: one picture that renews itself, with the way of the loss and of the validations so far; a finished stage leaves a line.</summary>
/// <param name="title">What is trained.</param>
/// <param name="draw">Shows the picture.</param>
internal sealed class LiveTrainingView(string title, Action<IRenderable> draw) : ITrainingView
{
    private const int CurveWidth = 60;
    private const int CurveHeight = 4;
    private const int BarWidth = 40;
    private readonly List<double> losses = [];
    private readonly List<IReadOnlyList<double>> validations = [];
    private readonly List<Text> finished = [];
    private string heading = title;
    private string stage = "";

    public void Begin(string name)
    {
        heading = name;
        stage = "";
        finished.Clear();
    }

    public void Report(TrainingProgress value)
    {
        if (stage != value.Stage)
        {
            if (stage.Length > 0)
            {
                string validation = validations is [.., { } latest] ? $", validation {Said(latest)}" : "";
                finished.Add(new Text($"{stage}: loss {losses[^1]:0.0000}{validation}"));
            }

            stage = value.Stage;
            losses.Clear();
            validations.Clear();
        }

        losses.Add(value.Loss);
        if (value.Validation is { } metrics)
        {
            validations.Add(metrics);
        }

        draw(new Rows([.. finished, Picture(value)]));
    }

    private Panel Picture(TrainingProgress value)
    {
        Grid grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        double done = (double)value.Iteration / value.Iterations;
        int filled = (int)(done * BarWidth);
        Row(
            grid,
            "progress",
            $"{new string('█', filled)}{new string('░', BarWidth - filled)} {value.Iteration} of {value.Iterations}{(value.HasConverged ? ", no better any more: stops" : "")}"
        );
        Row(grid, "rate", $"{value.TasksPerSecond:0} tasks/s, {value.Remaining:hh\\:mm\\:ss} left");
        Row(grid, "loss", $"{value.Loss:0.0000}, from {losses.Max():0.0000} to {losses.Min():0.0000} so far");
        foreach (string line in BlockCurve.Draw(losses, CurveWidth, CurveHeight))
        {
            Row(grid, "", line);
        }

        if (validations is [.., { } last])
        {
            Row(grid, "validation", Said(last));
            foreach (string line in BlockCurve.Draw([.. validations.Select(v => v[^1])], CurveWidth, 2))
            {
                Row(grid, "", line);
            }
        }

        return new Panel(grid) { Header = new PanelHeader(Markup.Escape($"{heading}: {stage}")), Border = BoxBorder.Rounded };
    }

    private static string Said(IReadOnlyList<double> validation) =>
        string.Join(", ", validation.Select((metric, k) => $"{(k == 0 ? "before" : $"after {k}")} {metric:0.0000}"));

    // As text, not as markup: brackets of a name are brackets.
    private static void Row(Grid grid, string label, string text) => grid.AddRow(new Text(label), new Text(text));
}
