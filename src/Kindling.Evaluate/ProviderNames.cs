using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate;

/// <summary>Execution providers as the command line names them.</summary>
public static class ProviderNames
{
    /// <summary>All names; <c>auto</c> takes the best that this build has.</summary>
    public static IReadOnlyList<string> All { get; } = ["auto", "cpu", "cuda"];

    /// <summary>The provider of a name.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    /// <exception cref="MissingRuntimeException">This build has no such provider; the message names the package that would bring it.</exception>
    public static ExecutionProvider Parse(string name) =>
        name switch
        {
            "auto" or "cpu" => ExecutionProvider.Cpu,
            "cuda" => throw new MissingRuntimeException(
                "Provider: this build computes on the processor only, got 'cuda'. CUDA needs the package Microsoft.ML.OnnxRuntime.Gpu and a runtime library that uses it; take auto or cpu."
            ),
            _ => throw new ArgumentException($"Provider: expected one of {string.Join(", ", All)}; got '{name}'.", nameof(name)),
        };
}
