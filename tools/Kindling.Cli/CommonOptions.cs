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
    public static Option<int?> Steps() => Whole("--steps", "Adaptation steps instead of the bundle's", 1, AdaptOptions.MaximumSteps);

    /// <summary>An option that takes a whole number of a range.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most)
    {
        Option<int?> option = new(name) { Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out int count) && count >= least && count <= most))
            {
                result.AddError($"{name} takes {least} to {most}, got '{token.Value}'.");
            }
        });
        return option;
    }

    /// <summary><c>--threads</c>.</summary>
    public static Option<int?> Threads(string description) => Whole("--threads", description, 1, 1024);

    /// <summary><c>--engine</c> of trainings.</summary>
    public static Option<string?> Engine()
    {
        Option<string?> engine = new("--engine")
        {
            Description =
                "What computes meta-gradients instead of the recipe's: torch, or graph (the whole as one graph in ONNX Runtime, faster)",
        };
        return engine.AcceptOnlyFromAmong("torch", "graph");
    }

    /// <summary><c>--hold-out</c>.</summary>
    public static Option<double> HoldOut()
    {
        Option<double> share = new("--hold-out")
        {
            Description = "Share of the examples of each class that judges the result instead of being fitted",
        };
        share.Validators.Add(result =>
        {
            if (
                result.Tokens is [var token]
                && !(double.TryParse(token.Value, out double value) && value is >= 0 and <= AdaptRequest.MaximumHoldOut)
            )
            {
                result.AddError($"--hold-out takes 0 to {AdaptRequest.MaximumHoldOut}, got '{token.Value}'.");
            }
        });
        return share;
    }

    /// <summary><c>--provider</c>; <see cref="Choose"/> says what a value means here.</summary>
    public static Option<string> Provider()
    {
        Option<string> provider = new("--provider")
        {
            Description = "What to compute on: auto takes the GPU when there is one and says so",
            DefaultValueFactory = _ => "auto",
        };
        return provider.AcceptOnlyFromAmong([.. Enum.GetNames<ExecutionProvider>().Select(name => name.ToLowerInvariant())]);
    }

    /// <summary><c>--provider</c> with few values, the first by default.</summary>
    public static Option<string> Provider(string description, params ExecutionProvider[] providers)
    {
        string[] names = Array.ConvertAll(providers, value => value.ToString().ToLowerInvariant());
        Option<string> provider = new("--provider") { Description = description, DefaultValueFactory = _ => names[0] };
        return provider.AcceptOnlyFromAmong(names);
    }

    /// <summary><c>--device</c>.</summary>
    public static Option<int?> Device() => Whole("--device", "Number of the GPU; 0 by default", 0, 1023);

    /// <summary>The provider of a value; for <c>auto</c> the choice goes to standard error.</summary>
    /// <exception cref="MissingRuntimeException">One is asked for that is not to be had.</exception>
    public static ExecutionProvider Choose(string provider, int device)
    {
        ExecutionProvider asked = Enum.Parse<ExecutionProvider>(provider, ignoreCase: true);
        try
        {
            (ExecutionProvider chosen, string reason) = ExecutionProviders.Choose(asked, device);
            if (asked == ExecutionProvider.Auto)
            {
                Console.Error.WriteLine($"provider: {reason}");
            }

            return chosen;
        }
        catch (MissingRuntimeException e)
        {
            string hint = asked is ExecutionProvider.Cuda ? " `make build DEVICE=cuda` builds kindling with that package." : "";
            throw new MissingRuntimeException($"--provider {provider}: {e.Message}{hint}", e);
        }
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
