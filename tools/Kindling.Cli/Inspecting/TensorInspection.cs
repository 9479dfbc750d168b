using Kindling.Bundles;
using Kindling.Recipes;

namespace Kindling.Cli.Inspecting;

/// <summary>Safetensors files: deltas, checkpoints, and others.</summary>
internal static class TensorInspection
{
    public static Inspection OfFile(string path)
    {
        SafetensorsFile file = SafetensorsFile.Read(path);
        return file.Metadata.ContainsKey("format") ? OfDelta(path)
            : file.Metadata.ContainsKey("state") ? OfState(path, file, "checkpoint file", [Path.GetFileName(path)])
            : new Inspection(
                "tensors",
                new
                {
                    kind = "tensors",
                    path,
                    metadata = file.Metadata,
                    tensors = Shapes(file),
                },
                [$"{path}: safetensors file, {Total(file)}", .. file.Metadata.Select(m => $"  {m.Key}: {m.Value}"), .. List(file)]
            );
    }

    public static Inspection OfCheckpoint(string folder) =>
        OfState(
            folder,
            SafetensorsFile.Read(Path.Combine(folder, Checkpoint.ThetaFile)),
            "checkpoint",
            [
                .. Directory
                    .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                    .Select(f => Path.GetRelativePath(folder, f))
                    .Order(StringComparer.Ordinal),
            ]
        );

    private static Inspection OfState(string path, SafetensorsFile file, string what, string[] files)
    {
        CheckpointState state = CheckpointState.From(file, path);
        Recipe recipe = Recipe.Parse(state.Recipe.GetRawText(), $"the recipe in {path}");
        object json = new
        {
            kind = "checkpoint",
            path,
            recipe = state.Recipe,
            state.Iteration,
            state.BestIteration,
            state.BestMetric,
            state.IsClassification,
            state.InputShape,
            state.Outputs,
            state.Preprocessing,
            state.DataHash,
            state.Licences,
            state.ToolVersion,
            state.Seconds,
            tensors = Shapes(file),
            files,
        };
        string best = state.BestMetric is { } metric ? $", best validation {metric:0.0000} at {state.BestIteration}" : "";
        return new Inspection(
            "checkpoint",
            json,
            [
                $"{path}: {what} of '{recipe.Name}', {Total(file)}",
                $"  recipe     {recipe.Network.Type} on {recipe.Tasks.Type}, {recipe.Algorithm.Type}",
                $"  trained    {state.Iteration} of {recipe.Algorithm.Iterations} iterations in {state.Seconds:0} s, seed {recipe.Seed}{best}",
                $"  input      [{string.Join(", ", state.InputShape)}], {state.Outputs} outputs",
                $"  data       {state.DataHash}{string.Concat(state.Licences.Select(l => $"; {l}"))}",
                $"  written by {state.ToolVersion}",
                .. List(file),
                .. files.Select(f => $"  file {f}"),
            ]
        );
    }

    private static Inspection OfDelta(string path)
    {
        DeltaFile delta = DeltaFile.Read(path);
        SafetensorsFile file = SafetensorsFile.Read(path);
        string? invert = delta.Invert?.ToString().ToLowerInvariant();
        object json = new
        {
            kind = "delta",
            path,
            delta.Name,
            delta.Base,
            delta.Classes,
            delta.Steps,
            delta.Generation,
            invert,
            tensors = Shapes(file),
        };
        return new Inspection(
            "delta",
            json,
            [
                $"{path}: delta of '{delta.Name}', {Total(file)}",
                $"  base       {delta.Base}",
                $"  classes    {(delta.Classes.Count == 0 ? "none" : string.Join(", ", delta.Classes))}",
                $"  steps      {delta.Steps}",
                $"  saved      {(delta.Generation == 1 ? "once" : $"{delta.Generation} times")}",
                .. invert is null ? Array.Empty<string>() : [$"  invert     {invert}"],
                .. List(file),
            ]
        );
    }

    private static Dictionary<string, int[]> Shapes(SafetensorsFile file) =>
        file.Tensors.OrderBy(t => t.Key, StringComparer.Ordinal).ToDictionary(t => t.Key, t => t.Value.Shape.ToArray());

    private static string Total(SafetensorsFile file) =>
        $"{file.Tensors.Values.Sum(t => (long)t.Count)} numbers in {file.Tensors.Count} tensors";

    private static IEnumerable<string> List(SafetensorsFile file) =>
        Shapes(file).Select(t => $"  tensor {t.Key} [{string.Join(", ", t.Value)}]");
}
