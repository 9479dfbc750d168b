using Kindling.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the health check of Kindling models.</summary>
public static class KindlingHealthChecksBuilderExtensions
{
    /// <summary>Adds a check that the model opens and predicts.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="model">The model's name; null for the one without.</param>
    /// <param name="tags">Tags of the check.</param>
    public static IHealthChecksBuilder AddKindling(
        this IHealthChecksBuilder builder,
        string? model = null,
        IEnumerable<string>? tags = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(
            new HealthCheckRegistration(
                model is null ? "kindling" : $"kindling-{model}",
                services => new KindlingHealthCheck(services, model),
                failureStatus: null,
                tags
            )
        );
    }
}
