using Kindling.Bundles;
using Kindling.Export;
using Kindling.Graphs;
using Kindling.Train.Ranks;
using Kindling.Train.Session;

namespace Kindling.Cli;

/// <summary>Exit codes and how errors become one.</summary>
internal static class ExitCodes
{
    public const int Usage = 1;
    public const int Rejected = 2;
    public const int VerificationFailed = 3;
    public const int MachineLacks = 4;
    public const int OurFault = 70;
    public const int Interrupted = 130;

    /// <summary>Runs a command; an error becomes a message on standard error and an exit code.</summary>
    public static async Task<int> Guard(this Task<int> command)
    {
        try
        {
            return await command.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            (int code, string message) = Of(e);
            await Console.Error.WriteLineAsync($"kindling: {message}").ConfigureAwait(false);
            return code;
        }
    }

    /// <summary>Whether options have faults; these go to standard error.</summary>
    public static bool Refused(IReadOnlyList<string> faults)
    {
        if (faults.Count > 0)
        {
            Console.Error.WriteLine($"kindling: {string.Join(" ", faults)}");
        }

        return faults.Count > 0;
    }

    /// <summary>The exit code and the message of an error.</summary>
    public static (int Code, string Message) Of(Exception error)
    {
        Exception cause = error is AggregateException { InnerException: { } inner } ? inner : error;
        return cause switch
        {
            OperationCanceledException => (Interrupted, "interrupted"),
            BundleException or GraphException or TrainingDivergedException => (Rejected, cause.Message),
            RanksDifferException or VerificationException => (VerificationFailed, cause.Message),
            MissingRuntimeException or DllNotFoundException => (MachineLacks, cause.Message),
            TypeInitializationException when cause.GetBaseException() is DllNotFoundException missing => (MachineLacks, missing.Message),
            IOException or UnauthorizedAccessException => (Rejected, cause.Message),
            _ => (OurFault, $"This is a fault of kindling, please report it.\n{cause}"),
        };
    }
}
