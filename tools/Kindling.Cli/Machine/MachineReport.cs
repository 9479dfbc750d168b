using System.Runtime.InteropServices;
using Kindling.Train.Torch;

namespace Kindling.Cli.Machine;

/// <summary>What `kindling doctor` found. Names of members are the JSON names in camel case.</summary>
internal sealed record MachineReport
{
    /// <summary>Whether training and adaptation both work on the processor.</summary>
    public bool Ok => Libtorch.Fault is null && OnnxRuntime.Fault is null;

    public string Dotnet { get; } = RuntimeInformation.FrameworkDescription;

    public string Os { get; } = RuntimeInformation.OSDescription;

    public string Architecture { get; } = RuntimeInformation.ProcessArchitecture.ToString();

    public int Cores { get; } = Environment.ProcessorCount;

    /// <summary>Training.</summary>
    public required TorchStatus Libtorch { get; init; }

    /// <summary>Adaptation.</summary>
    public required RuntimeStatus OnnxRuntime { get; init; }

    /// <summary>The C++ runtime; null where it is not a file of its own.</summary>
    public required CppRuntime? CppRuntime { get; init; }

    /// <summary>Training with several processes.</summary>
    public required MpiStatus Mpi { get; init; }

    /// <summary>Robots to control.</summary>
    public required MuJoCoStatus MuJoCo { get; init; }

    public required DataStatus Data { get; init; }

    /// <summary>What is missing, each with what to do about it.</summary>
    public IReadOnlyList<string> Missing =>
        [
            .. Libtorch.Fault is { } torch
                ?
                [
                    $"training: {torch} Linux x64 needs the packages TorchSharp and libtorch-cpu-linux-x64 (`make build` brings them) and libstdc++ and libgomp of the system.",
                ]
                : Array.Empty<string>(),
            .. OnnxRuntime.Fault is { } runtime ? [$"adaptation: {runtime}"] : Array.Empty<string>(),
            .. Libtorch.CudaDevices == 0
                ?
                [
                    "training on a GPU: an NVIDIA driver and the package TorchSharp-cuda-linux instead of libtorch-cpu-linux-x64 (`make build DEVICE=cuda`).",
                ]
                : Array.Empty<string>(),
            .. OnnxRuntime.CudaFault is { } cuda ? [$"adaptation on a GPU: {cuda}"] : Array.Empty<string>(),
            .. Mpi.Fault is { } mpi ? [$"training with several processes: {mpi}"] : Array.Empty<string>(),
            .. MuJoCo.Fault is { } physics ? [$"control of robots: {physics}"] : Array.Empty<string>(),
            .. Data
                .Sets.Where(set => !set.Value)
                .Select(set =>
                    $"data set {set.Key}: put the folder '{set.Key}' into {Data.Folder}, or name the folder that holds it with KINDLING_DATA."
                ),
        ];

    /// <summary>Looks at this machine; loads both engines.</summary>
    public static MachineReport Make()
    {
        TorchStatus torch = TorchStatus.Probe();
        RuntimeStatus runtime = RuntimeStatus.Probe();
        return new MachineReport
        {
            Libtorch = torch,
            OnnxRuntime = runtime,
            // Last, because the engines load it.
            CppRuntime = CppRuntime.Find(),
            Mpi = MpiStatus.Probe(),
            MuJoCo = MuJoCoStatus.Probe(),
            Data = DataStatus.Find(),
        };
    }

    public IEnumerable<string> Lines()
    {
        yield return $"{Works(Ok)}  training and adaptation on the processor";
        yield return $"      {Dotnet}, {Os}, {Architecture}, {Cores} cores";
        yield return $"{Works(Libtorch.Fault is null)}  libtorch (TorchSharp {Libtorch.Version}){(Libtorch.File is { } file ? $": {file}" : "")}";
        if (Libtorch.IsPatchedCopy)
        {
            yield return "      a copy that asks for fewer symbol versions than the package's library: this system's libstdc++ is older";
        }

        if (CppRuntime is { } cpp)
        {
            yield return $"      libstdc++ {cpp.Newest}: {cpp.File}";
        }

        yield return $"{Works(Libtorch.CudaDevices > 0)}  libtorch on CUDA: {Libtorch.CudaDevices} devices";
        yield return $"{Works(OnnxRuntime.Fault is null)}  ONNX Runtime {OnnxRuntime.Version}, providers {string.Join(", ", OnnxRuntime.Providers)}";
        yield return $"{Works(OnnxRuntime.CudaFault is null)}  ONNX Runtime on CUDA";
        yield return $"{Works(Mpi.Fault is null)}  MPI{(Mpi.Fault is null ? $": {Mpi.Version} ({Mpi.File})" : "")}";
        yield return $"{Works(MuJoCo.Fault is null)}  MuJoCo{(MuJoCo.Fault is null ? $" {MuJoCo.Version} ({MuJoCo.File})" : "")}";
        yield return $"      data in {Data.Folder} (from {Data.NamedBy}){(Data.Others.Count > 0 ? $", also there: {string.Join(", ", Data.Others)}" : "")}";
        foreach ((string name, bool found) in Data.Sets)
        {
            yield return $"{Works(found)}  data set {name}";
        }

        foreach (string line in Missing)
        {
            yield return $"to add  {line}";
        }
    }

    private static string Works(bool works) => works ? "yes " : "no  ";
}
