using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Kindling models.</summary>
public static class KindlingServiceCollectionExtensions
{
    /// <summary>
    /// Registers the app's model as <see cref="AdaptableModel"/> and <see cref="IAdaptableModel"/>: one for all users, opened when it is first asked for,
    /// disposed with the container. The options are checked at the start of the host.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets at least <see cref="KindlingOptions.Bundle"/>.</param>
    public static IServiceCollection AddKindling(this IServiceCollection services, Action<KindlingOptions> configure)
    {
        AddOptions(services, Options.Options.DefaultName, configure);
        _ = services.AddSingleton(provider => ModelFactory.Open(provider, Options.Options.DefaultName));
        return services.AddSingleton<IAdaptableModel>(provider => provider.GetRequiredService<AdaptableModel>());
    }

    /// <summary>Registers one of several models, as services with the key <paramref name="name"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The key, and the name of the options.</param>
    /// <param name="configure">Sets at least <see cref="KindlingOptions.Bundle"/>.</param>
    public static IServiceCollection AddKindling(this IServiceCollection services, string name, Action<KindlingOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure);
        _ = services.AddKeyedSingleton(name, (provider, _) => ModelFactory.Open(provider, name));
        return services.AddKeyedSingleton<IAdaptableModel>(name, (provider, _) => provider.GetRequiredKeyedService<AdaptableModel>(name));
    }

    private static void AddOptions(IServiceCollection services, string name, Action<KindlingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        _ = services.AddOptions<KindlingOptions>(name).Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KindlingOptions>, KindlingOptionsValidator>());
    }
}
