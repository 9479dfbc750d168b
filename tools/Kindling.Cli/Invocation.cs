using System.CommandLine;
using System.CommandLine.Parsing;
using Kindling.Recipes;

namespace Kindling.Cli;

/// <summary>Parses the command line and runs what it names.</summary>
internal static class Invocation
{
    /// <summary>After Ctrl-C: training still finishes its iteration and saves.</summary>
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromMinutes(5);

    /// <summary>Runs a command line; what is wrong with it goes to standard error.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> Run(this RootCommand root, string[] arguments)
    {
        ParseResult parsed = root.Parse(arguments);
        if (Array.IndexOf(arguments, "") is var empty and >= 0)
        {
            Console.Error.WriteLine(
                $"kindling: word {empty + 1} of the command line is empty; expected a value (a variable of the shell that is not set gives such a word)."
            );
            return Task.FromResult(ExitCodes.Usage);
        }

        if (parsed.Errors.Count > 0)
        {
            return Task.FromResult(Refuse(parsed));
        }

        return parsed
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = LeaveWithin })
            .Guard();
    }

    private static int Refuse(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        string help = $"{string.Join(' ', Path(parsed.CommandResult))} --help";
        foreach (string line in command.Subcommands.Count > 0 ? [UnknownCommand(command, parsed)] : Faults(command, parsed))
        {
            Console.Error.WriteLine($"kindling: {line}");
        }

        Console.Error.WriteLine($"`{help}` lists what there is.");
        return ExitCodes.Usage;
    }

    // The words that lead to a command.
    private static IEnumerable<string> Path(SymbolResult? result) =>
        result is CommandResult command
            ? Path(result.Parent).Append(command.Command is RootCommand ? "kindling" : command.Command.Name)
            : [];

    private static string UnknownCommand(Command parent, ParseResult parsed)
    {
        string[] names = [.. parent.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)];
        return parsed.UnmatchedTokens is [string given, ..]
            ? $"expected a command, got '{given}'; did you mean '{NearestName.Of(given, names)}'?"
            : $"expected a command: {string.Join(", ", names)}.";
    }

    private static IEnumerable<string> Faults(Command command, ParseResult parsed)
    {
        string[] options = [.. command.Options.Select(o => o.Name)];
        // The word after an unknown option is most likely its value, and no fault of its own.
        string[] unknown = [.. parsed.UnmatchedTokens.Where(t => t.StartsWith('-'))];
        foreach (string given in unknown.Length > 0 ? unknown : [.. parsed.UnmatchedTokens])
        {
            yield return unknown.Length > 0 && options.Length > 0
                ? $"{command.Name} has no option '{given}'; did you mean '{NearestName.Of(given, options)}'?"
                : $"{command.Name} does not take '{given}'.";
        }

        // The parser reports unmatched words once more, in its own words.
        foreach (string message in parsed.Errors.Select(e => e.Message).Where(m => !parsed.UnmatchedTokens.Any(t => m.Contains($"'{t}'"))))
        {
            yield return message;
        }
    }
}
