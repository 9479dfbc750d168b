using System.CommandLine;
using System.Globalization;
using Kindling.Bundles;
using Kindling.Train.Session;

namespace Kindling.Cli;

/// <summary>Options that say what a training computes on.</summary>
internal static class TrainingOptions
{
    /// <summary><c>--device</c>: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public static Option<string> Device()
    {
        Option<string> device = new("--device")
        {
            Description = "What computes the tasks: cpu, cuda, or cuda:N for the GPU of that number",
            DefaultValueFactory = _ => "cpu",
        };
        device.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && token.Value != "cpu" && CudaNumber(token.Value) is null)
            {
                result.AddError($"--device takes cpu, cuda or cuda:N, got '{token.Value}'.");
            }
        });
        return device;
    }

    /// <summary><c>--memory</c>: what the tasks that a GPU computes together may take.</summary>
    public static Option<double?> Memory()
    {
        Option<double?> memory = new("--memory") { Description = "GB that the tasks computed together on a GPU may take; 8 by default" };
        memory.Validators.Add(result =>
        {
            if (
                result.Tokens is [var token]
                && !(
                    double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double size)
                    && size is > 0 and <= 1e6
                )
            )
            {
                result.AddError($"--memory takes a positive number of GB, got '{token.Value}'.");
            }
        });
        return memory;
    }

    /// <summary>The device of the two options; null for the processor.</summary>
    /// <exception cref="MissingRuntimeException">The GPU is not to be had.</exception>
    public static TrainingDevice? Choose(string device, double? memory) =>
        CudaNumber(device) is { } number
            ? TrainingDevice.Cuda(number, memory is { } gigabytes ? (long)Math.Ceiling(gigabytes * 1e9) : TrainingDevice.DefaultMemory)
            : null;

    private static int? CudaNumber(string device) =>
        device == "cuda" ? 0
        : device.StartsWith("cuda:", StringComparison.Ordinal)
        && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
        : null;
}
