using Spectre.Console;

namespace Kindling.Cli.Training;

/// <summary>Chooses how trainings are watched: live on a terminal, plain lines elsewhere.</summary>
internal static class TrainingConsole
{
    /// <summary>Runs trainings that report to a view. Whatever ends them, the terminal is left as it was, with the last picture on it.</summary>
    /// <param name="title">What the live picture is called until the first <see cref="ITrainingView.Begin"/>.</param>
    /// <param name="train">Trains.</param>
    public static T Watch<T>(string title, Func<ITrainingView, T> train)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (Console.IsErrorRedirected || !console.Profile.Capabilities.Ansi)
        {
            return train(new PlainTrainingView(TimeProvider.System));
        }

        return console.Live(new Text("")).Start(context => train(new LiveTrainingView(title, context.UpdateTarget)));
    }
}
