using System.CommandLine;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Cli;

/// <summary>Options that several commands have, and what their values mean.</summary>
internal static class CommonOptions
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "One JSON object on standard output" };

    /// <summary><c>--steps</c>.</summary>
    public static Option<int?> Steps()
    {
        Option<int?> steps = new("--steps") { Description = "Adaptation steps instead of the bundle's" };
        steps.Validators.Add(result =>
        {
            if (
                result.Tokens is [var token]
                && !(int.TryParse(token.Value, out int count) && count is >= 1 and <= AdaptOptions.MaximumSteps)
            )
            {
                result.AddError($"--steps takes 1 to {AdaptOptions.MaximumSteps}, got '{token.Value}'.");
            }
        });
        return steps;
    }

    /// <summary><c>--provider</c>; <see cref="Choose"/> says what a value means here.</summary>
    public static Option<string> Provider()
    {
        Option<string> provider = new("--provider")
        {
            Description = "What to compute on: auto takes the GPU when there is one and says so",
            DefaultValueFactory = _ => "auto",
        };
        return provider.AcceptOnlyFromAmong("auto", "cpu", "cuda");
    }

    /// <summary>The provider of a value; for <c>auto</c> the choice goes to standard error.</summary>
    /// <exception cref="MissingRuntimeException"><c>cuda</c> is asked for and not to be had.</exception>
    public static ExecutionProvider Choose(string provider)
    {
        if (provider == "cpu")
        {
            return ExecutionProvider.Cpu;
        }

        string? fault = ExecutionProviders.Fault(ExecutionProvider.Cuda);
        if (provider == "cuda")
        {
            return fault is null
                ? ExecutionProvider.Cuda
                : throw new MissingRuntimeException(
                    $"--provider cuda: {fault} `make build DEVICE=cuda` builds kindling with that package."
                );
        }

        Console.Error.WriteLine(fault is null ? "provider: cuda" : "provider: cpu, since CUDA is not to be had (--provider cuda says why)");
        return fault is null ? ExecutionProvider.Cuda : ExecutionProvider.Cpu;
    }

    /// <summary><c>--invert</c>.</summary>
    public static Option<string?> Invert()
    {
        Option<string?> invert = new("--invert")
        {
            Description = "Whether pictures are dark on light and are to be inverted, instead of as the bundle says; kept in the delta",
        };
        return invert.AcceptOnlyFromAmong("auto", "yes", "no");
    }

    /// <summary>The rule of a value of <c>--invert</c>; null when it is not given.</summary>
    public static ImageInversion? Inversion(string? invert) => invert is null ? null : Enum.Parse<ImageInversion>(invert, ignoreCase: true);
}
