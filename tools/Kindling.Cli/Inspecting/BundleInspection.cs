using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Cli.Inspecting;

/// <summary>A bundle: what its manifest says, and whether all files are what it says.</summary>
internal static class BundleInspection
{
    public static Inspection Of(string path)
    {
        using BundleFiles files = BundleFiles.Open(path);
        BundleManifest m = files.Manifest;
        // Reading checks the hash: a damaged file ends here.
        var contents = m
            .Files.Keys.Order(StringComparer.Ordinal)
            .Select(name => new { name, bytes = files.Contains(name) ? files.Read(name).Length : (int?)null })
            .ToArray();
        string[] absent = [.. contents.Where(f => f.bytes is null).Select(f => f.name)];
        long count = m.Parameters.Sum(Count);
        long adapted = m.Parameters.Where(p => p.Adapts).Sum(Count);
        object json = new
        {
            kind = "bundle",
            path,
            m.FormatVersion,
            m.Name,
            m.Description,
            m.Task,
            m.Input,
            m.Preprocessing,
            m.Output,
            m.Normalization,
            m.InnerRule,
            parameterCount = count,
            adaptedParameterCount = adapted,
            m.Parameters,
            m.Statistics,
            m.Graphs,
            m.Opset,
            m.IrVersion,
            m.Provenance,
            identity = m.BaseIdentity,
            files = contents,
        };
        List<string> lines =
        [
            $"{path}: bundle '{m.Name}', format {m.FormatVersion}, all files as the manifest says",
            .. m.Description.Length > 0 ? [$"  {m.Description}"] : Array.Empty<string>(),
            $"  task           {m.Task}, {(m.IsClassification || m.IsDetection ? $"{m.Output.Count} head slots" : $"{m.Output.Count} outputs")}{Names(m.Output.Names)}",
            $"  input          [{string.Join(", ", m.Input.Shape.Select(size => size?.ToString() ?? "batch"))}] {m.Input.Type}, {Describe(m.Preprocessing)}",
            $"  inner rule     {m.InnerRule.Optimizer}, {m.InnerRule.Steps} steps{(m.InnerRule.Loss is { } loss ? $", loss {loss}" : "")}, normalization {m.Normalization}",
            $"  parameters     {count} in {m.Parameters.Count} tensors, {adapted} adapt",
            $"  graphs         op set {m.Opset}, IR version {m.IrVersion}",
            $"  trained        {m.Provenance.Iterations} iterations, seed {m.Provenance.Seed}{(m.Provenance.Metrics is { } metrics ? $", measured {JsonSerializer.Serialize(metrics)}" : "")}",
            $"  data           {m.Provenance.DataHash ?? "generated"}{string.Concat(m.Provenance.Licences.Select(l => $"; {l}"))}",
            $"  identity       {m.BaseIdentity}",
            .. contents.Select(f => $"  {f.bytes?.ToString() ?? "absent", 12}  {f.name}"),
        ];
        return new Inspection("bundle", json, lines);
    }

    private static long Count(ManifestParameter parameter) => parameter.Shape.Aggregate(1L, (product, size) => product * size);

    private static string Names(IReadOnlyList<string>? names) => names is null ? "" : $": {string.Join(", ", names)}";

    private static string Describe(Preprocessing preprocessing) =>
        preprocessing switch
        {
            { Image: { } i } =>
                $"pictures {i.Width}x{i.Height} {(i.Channels == 1 ? "grey" : "colour")}, invert {i.Invert.ToString().ToLowerInvariant()}, contrast {i.Contrast.ToString().ToLowerInvariant()}",
            { Table: { } t } => $"columns {string.Join(", ", t.Columns)}",
            { Text: { } t } => $"texts, {string.Join(" x ", t.Shape)} codes of {t.Units.ToString().ToLowerInvariant()}",
            { Audio: { } a } => FormattableString.Invariant(
                $"recordings, {a.Frames} times x {a.Mels} mels from {a.Low} to {a.High} Hz at {a.SampleRate} Hz"
            ),
            _ => "tensors as they come",
        };
}
