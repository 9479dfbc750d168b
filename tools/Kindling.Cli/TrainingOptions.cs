using System.CommandLine;
using System.Globalization;
using Kindling.Bundles;
using Kindling.Train.Session;

namespace Kindling.Cli;

/// <summary>Options that say what a training computes on.</summary>
internal static class TrainingOptions
{
    private const string Full = "float32";
    private const string Mixed = "bfloat16";

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

    /// <summary><c>--precision</c>: of matrix products on a GPU.</summary>
    public static Option<string> Precision()
    {
        Option<string> precision = new("--precision")
        {
            Description = "Of matrix products on a GPU: bfloat16 rounds their factors, everything else stays in float32",
            DefaultValueFactory = _ => Full,
        };
        return precision.AcceptOnlyFromAmong(Full, Mixed);
    }

    /// <summary>Refuses a precision of GPUs where none is used.</summary>
    public static void CheckPrecision(Command command, Option<string> device, Option<string> precision) =>
        command.Validators.Add(result =>
        {
            if (result.GetValue(precision) == Mixed && CudaNumber(result.GetValue(device) ?? "") is null)
            {
                result.AddError($"--precision {Mixed} is for matrix products on a GPU: give --device cuda as well.");
            }
        });

    /// <summary>The device of the options; null for the processor.</summary>
    /// <exception cref="MissingRuntimeException">The GPU is not to be had.</exception>
    public static TrainingDevice? Choose(string device, double? memory, string precision) =>
        CudaNumber(device) is { } number
            ? TrainingDevice.Cuda(
                number,
                memory is { } gigabytes ? (long)Math.Ceiling(gigabytes * 1e9) : TrainingDevice.DefaultMemory,
                precision == Mixed
            )
        : precision == Full ? null
        : throw new BundleException($"--precision {precision} is for matrix products on a GPU: give --device cuda as well.");

    private static int? CudaNumber(string device) =>
        device == "cuda" ? 0
        : device.StartsWith("cuda:", StringComparison.Ordinal)
        && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
        : null;
}
