using Microsoft.Extensions.Logging;

namespace Kindling.Hosting;

/// <summary>What is logged. Messages hold no example and no class name: those can be personal.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Opened {Model} from {Bundle} in {Milliseconds:0.0} ms, computing on {Provider}")]
    internal static partial void Opened(ILogger logger, string model, string bundle, double milliseconds, string provider);

    [LoggerMessage(2, LogLevel.Information, "{Model}: adapted, step {Step} in {Milliseconds:0.0} ms. {Reason}")]
    internal static partial void Accepted(ILogger logger, string model, int step, double milliseconds, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Model}: adaptation not accepted after {Steps} steps in {Milliseconds:0.0} ms. {Reason}")]
    internal static partial void NotAccepted(ILogger logger, string model, int steps, double milliseconds, string reason);

    [LoggerMessage(
        4,
        LogLevel.Warning,
        "{Model}: {Duplicates} duplicates, {Contradictions} contradictions and {Outliers} outliers among the examples"
    )]
    internal static partial void Findings(ILogger logger, string model, int duplicates, int contradictions, int outliers);
}
