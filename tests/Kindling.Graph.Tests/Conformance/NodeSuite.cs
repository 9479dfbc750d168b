using System.IO.Compression;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Tests.Conformance;

/// <summary>ONNX's own node tests (onnx/backend/test/data/node), read from the data folder; they are no part of the repository.</summary>
internal static class NodeSuite
{
    /// <summary>Why a test can not run, or null.</summary>
    public static string? Missing =>
        File is null ? "KINDLING_DATA does not name a folder that holds onnx-node-tests/node-tests.zip." : null;

    /// <summary>All tests by name; empty when the data is missing.</summary>
    public static IReadOnlyDictionary<string, NodeTest> Tests { get; } = Load();

    private static string? File =>
        Environment.GetEnvironmentVariable("KINDLING_DATA") is { Length: > 0 } root
        && Path.Combine(root, "onnx-node-tests", "node-tests.zip") is var path
        && System.IO.File.Exists(path)
            ? path
            : null;

    private static SortedDictionary<string, NodeTest> Load()
    {
        SortedDictionary<string, NodeTest> tests = new(StringComparer.Ordinal);
        if (File is not { } file)
        {
            return tests;
        }

        using ZipArchive zip = ZipFile.OpenRead(file);
        foreach (
            IGrouping<string, ZipArchiveEntry> test in zip.Entries.Where(e => e.Name.Length > 0).GroupBy(e => e.FullName.Split('/')[0])
        )
        {
            byte[] model = Bytes(test.Single(e => e.Name == "model.onnx"));
            ModelProto proto = ModelProto.Parser.ParseFrom(model);
            tests[test.Key] = new NodeTest
            {
                Name = test.Key,
                Model = model,
                Opset = proto.OpsetImport.SingleOrDefault(o => o.Domain is "" or "ai.onnx")?.Version,
                Operators = [.. proto.Graph.Node.Select(n => n.OpType).Distinct()],
                InputNames = [.. proto.Graph.Input.Select(i => i.Name)],
                Inputs = Numbered(test, "input_"),
                Outputs = Numbered(test, "output_"),
            };
        }

        return tests;
    }

    private static byte[][] Numbered(IEnumerable<ZipArchiveEntry> files, string prefix)
    {
        Dictionary<string, ZipArchiveEntry> named = files
            .Where(e => e.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(e => e.Name, StringComparer.Ordinal);
        return [.. Enumerable.Range(0, named.Count).Select(i => Bytes(named[$"{prefix}{i}.pb"]))];
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
