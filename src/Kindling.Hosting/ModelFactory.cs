using Kindling.Adapt;
using Kindling.Bundles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Kindling.Hosting;

/// <summary>Opens a model as its options say, and logs what it does.</summary>
internal static class ModelFactory
{
    /// <summary>The log's category.</summary>
    internal const string Category = "Kindling.Adapt";

    internal static AdaptableModel Open(IServiceProvider services, string name)
    {
        KindlingOptions options = services.GetRequiredService<IOptionsMonitor<KindlingOptions>>().Get(name);
        ILogger logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger(Category);
        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        long started = time.GetTimestamp();
        string model = options.Bundle!;
        AdaptOptions adapt = options.ToAdaptOptions(
            time,
            report =>
            {
                if (report.Accepted)
                {
                    Log.Accepted(logger, model, report.TakenStep, report.Elapsed.TotalMilliseconds, report.Reason);
                }
                else
                {
                    Log.NotAccepted(logger, model, report.Steps, report.Elapsed.TotalMilliseconds, report.Reason);
                }

                if (report.Findings.Count > 0)
                {
                    int Count(SupportFindingKind kind) => report.Findings.Count(finding => finding.Kind == kind);
                    Log.Findings(
                        logger,
                        model,
                        Count(SupportFindingKind.Duplicate),
                        Count(SupportFindingKind.Contradiction),
                        Count(SupportFindingKind.Outlier)
                    );
                }
            }
        );
        AdaptableModel opened = AdaptableModel.Open(options.Bundle!, adapt);
        model = opened.Manifest.Name;
        Log.Opened(logger, model, options.Bundle!, time.GetElapsedTime(started).TotalMilliseconds, opened.ProviderReason);
        return opened;
    }
}
