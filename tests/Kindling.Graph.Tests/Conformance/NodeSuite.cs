using Kindling.Evaluate.Checks.Conformance;

namespace Kindling.Graphs.Tests.Conformance;

/// <summary>ONNX's own node tests, read from the data folder; they are no part of the repository.</summary>
internal static class NodeSuite
{
    /// <summary>Why a test can not run, or null.</summary>
    public static string? Missing =>
        File is null ? "KINDLING_DATA does not name a folder that holds onnx-node-tests/node-tests.zip." : null;

    /// <summary>All tests by name; empty when the data is missing.</summary>
    public static IReadOnlyDictionary<string, NodeTest> Tests { get; } =
        File is { } file ? NodeTestFile.Read(file) : new Dictionary<string, NodeTest>();

    private static string? File =>
        Environment.GetEnvironmentVariable("KINDLING_DATA") is { Length: > 0 } root
        && Path.Combine(root, "onnx-node-tests", "node-tests.zip") is var path
        && System.IO.File.Exists(path)
            ? path
            : null;
}
