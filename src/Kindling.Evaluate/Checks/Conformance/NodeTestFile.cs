using System.IO.Compression;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>Reads ONNX's own node tests (onnx/backend/test/data/node): a zip with a folder for each test.</summary>
internal static class NodeTestFile
{
    private const string Layout = "TEST/model.onnx and TEST/test_data_set_0/input_0.pb, output_0.pb, ...";

    /// <summary>All tests by name.</summary>
    /// <exception cref="GraphException">The file is no zip, or does not hold node tests.</exception>
    public static IReadOnlyDictionary<string, NodeTest> Read(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            SortedDictionary<string, NodeTest> tests = new(StringComparer.Ordinal);
            foreach (
                IGrouping<string, ZipArchiveEntry> test in zip.Entries.Where(e => e.Name.Length > 0).GroupBy(e => e.FullName.Split('/')[0])
            )
            {
                tests[test.Key] = Test(path, test.Key, [.. test]);
            }

            return tests.Count > 0 ? tests : throw new GraphException($"{path}: expected {Layout}, the zip is empty.");
        }
        catch (InvalidDataException e)
        {
            throw new GraphException($"{path}: expected a zip of node tests: {e.Message}", e);
        }
    }

    private static NodeTest Test(string path, string name, ZipArchiveEntry[] files)
    {
        ZipArchiveEntry[] models = [.. files.Where(e => e.Name == "model.onnx")];
        byte[] model =
            models.Length == 1
                ? Bytes(models[0])
                : throw new GraphException($"{path}: expected {Layout}, '{name}' has {models.Length} files model.onnx.");
        ModelProto proto = OnnxReader.Parse(model, $"{path}/{name}");
        return new NodeTest
        {
            Name = name,
            Model = model,
            Opset = proto.OpsetImport.SingleOrDefault(o => o.Domain is "" or "ai.onnx")?.Version,
            Operators = [.. (proto.Graph ?? new()).Node.Select(n => n.OpType).Distinct()],
            InputNames = [.. (proto.Graph ?? new()).Input.Select(i => i.Name)],
            Inputs = Numbered(path, files, "input_"),
            Outputs = Numbered(path, files, "output_"),
        };
    }

    private static byte[][] Numbered(string path, IEnumerable<ZipArchiveEntry> files, string prefix)
    {
        Dictionary<string, ZipArchiveEntry> named = new(StringComparer.Ordinal);
        foreach (ZipArchiveEntry file in files.Where(e => e.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            if (!named.TryAdd(file.Name, file))
            {
                throw new GraphException($"{path}: expected one data set a test, {file.FullName} is a second {file.Name}.");
            }
        }

        return
        [
            .. Enumerable
                .Range(0, named.Count)
                .Select(i =>
                    named.TryGetValue($"{prefix}{i}.pb", out ZipArchiveEntry? file)
                        ? Bytes(file)
                        : throw new GraphException($"{path}: {prefix}{i}.pb is missing beside {named.Values.First().FullName}.")
                ),
        ];
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
