using System.Text.Json;

namespace Kindling.Cli.Tests;

/// <summary>The command line in this process: the program's own entry point, with both output streams caught.</summary>
internal static class Cli
{
    public static Result Run(params string[] arguments)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using StringWriter written = new() { NewLine = "\n" };
        using StringWriter said = new() { NewLine = "\n" };
        try
        {
            Console.SetOut(written);
            Console.SetError(said);
            int code = (int)typeof(ExitCodes).Assembly.EntryPoint!.Invoke(null, [arguments])!;
            return new Result(code, written.ToString(), said.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <summary>Runs what must succeed.</summary>
    public static Result Succeed(params string[] arguments)
    {
        Result result = Run(arguments);
        Assert.That(result.Code, Is.Zero, $"kindling {string.Join(' ', arguments)}\n{result.Output}\n{result.Errors}");
        return result;
    }

    /// <summary>Runs what must succeed with <c>--json</c>; standard output is one JSON object and nothing else.</summary>
    public static JsonElement Json(params string[] arguments) => JsonDocument.Parse(Succeed([.. arguments, "--json"]).Output).RootElement;

    public sealed record Result(int Code, string Output, string Errors);
}
