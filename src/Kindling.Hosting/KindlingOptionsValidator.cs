using Microsoft.Extensions.Options;

namespace Kindling.Hosting;

/// <summary>Refuses faulty options with all faults, at the start of the host.</summary>
internal sealed class KindlingOptionsValidator : IValidateOptions<KindlingOptions>
{
    public ValidateOptionsResult Validate(string? name, KindlingOptions options)
    {
        IReadOnlyList<string> faults = options.Validate();
        string model = string.IsNullOrEmpty(name) ? "Kindling" : $"Kindling model '{name}'";
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults.Select(fault => $"{model}, {fault}"));
    }
}
