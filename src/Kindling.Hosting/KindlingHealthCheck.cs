using Kindling.Adapt;
using Kindling.Bundles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Kindling.Hosting;

/// <summary>Whether a model opens and predicts finite numbers for an input of zeros. Costs one prediction; the first one opens the model.</summary>
internal sealed class KindlingHealthCheck(IServiceProvider services, string? name) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.Run(() => Check(context), cancellationToken);

    private HealthCheckResult Check(HealthCheckContext context)
    {
        try
        {
            AdaptableModel model = name is null
                ? services.GetRequiredService<AdaptableModel>()
                : services.GetRequiredKeyedService<AdaptableModel>(name);
            using Learner learner = model.CreateLearner();
            FloatTensor input = FloatTensor.Zeros([1, .. model.Manifest.Input.Shape.Skip(1).Select(size => size!.Value)]);
            FloatTensor prediction = learner.OutputsInductive(input);
            return prediction.Values.All(float.IsFinite)
                ? HealthCheckResult.Healthy($"{model.Manifest.Name} predicts.")
                : new HealthCheckResult(
                    context.Registration.FailureStatus,
                    $"{model.Manifest.Name} predicts {prediction.Values.First(v => !float.IsFinite(v))}."
                );
        }
        catch (Exception e) when (e is BundleException or MissingRuntimeException or OptionsValidationException or ObjectDisposedException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }
    }
}
