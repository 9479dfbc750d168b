using System.Runtime.InteropServices;
using Kindling.Evaluate.Checks.Conformance;
using Kindling.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Checks;

/// <summary>ONNX's own node tests through the importer, then on the torch interpreter and, written at op set 17, on ONNX Runtime.</summary>
public static class NodeTestCheck
{
    /// <summary>Runs all tests of a file that are in scope.</summary>
    /// <param name="path">A zip of node tests.</param>
    /// <exception cref="GraphException">The file does not hold node tests.</exception>
    public static NodeTestReport Run(string path)
    {
        SortedDictionary<string, string> excluded = new(StringComparer.Ordinal);
        List<NodeTestFailure> failed = [];
        int passed = 0;
        foreach (NodeTest test in NodeTestFile.Read(path).Values)
        {
            if (Exclusions.Reason(test) is { } reason)
            {
                excluded.Add(test.Name, reason);
            }
            else if (Failure(test) is { } why)
            {
                failed.Add(new() { Name = test.Name, Why = why });
            }
            else
            {
                passed++;
            }
        }

        return new()
        {
            Passed = passed,
            Failed = failed,
            Excluded = excluded,
        };
    }

    private static string? Failure(NodeTest test)
    {
        foreach (NodeEngine engine in Exclusions.Engines(test))
        {
            try
            {
                if (NodeRunner.Difference(test, engine) is { } difference)
                {
                    return $"{engine}: {difference}";
                }
            }
            catch (Exception e) when (e is GraphException or OnnxRuntimeException or ExternalException)
            {
                return $"{engine}: {e.Message}";
            }
        }

        return null;
    }
}
