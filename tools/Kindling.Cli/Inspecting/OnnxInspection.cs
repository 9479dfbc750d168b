using Kindling.Graphs.Onnx;

namespace Kindling.Cli.Inspecting;

/// <summary>An ONNX file, as it describes itself.</summary>
internal static class OnnxInspection
{
    public static Inspection Of(string path)
    {
        OnnxSummary model = OnnxSummary.Read(File.ReadAllBytes(path), path);
        object json = new
        {
            kind = "onnx",
            path,
            model.Name,
            model.Producer,
            model.IrVersion,
            model.OpSets,
            model.Inputs,
            model.Outputs,
            nodes = model.Operators.Values.Sum(),
            model.Operators,
            model.Unsupported,
            parameterTensors = model.Initialisers,
            parameters = model.InitialValues,
        };
        return new Inspection(
            "onnx",
            json,
            [
                $"{path}: ONNX model '{model.Name}'{(model.Producer.Length > 0 ? $" by {model.Producer}" : "")}, IR version {model.IrVersion}, "
                    + $"op set {string.Join(", ", model.OpSets.Select(o => $"{o.Key} {o.Value}"))}",
                .. model.Inputs.Select(i => $"  input   {i}"),
                .. model.Outputs.Select(o => $"  output  {o}"),
                $"  brings  {model.InitialValues:0} numbers in {model.Initialisers} tensors",
                $"  nodes   {model.Operators.Values.Sum()}: {string.Join(", ", model.Operators.Select(o => $"{o.Value} {o.Key}"))}",
                .. model.Unsupported.Count > 0
                    ? [$"  Kindling has no row for: {string.Join(", ", model.Unsupported)}"]
                    : Array.Empty<string>(),
            ]
        );
    }
}
