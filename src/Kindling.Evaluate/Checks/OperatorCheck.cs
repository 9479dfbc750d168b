using Kindling.Autodiff;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Evaluate.Checks;

/// <summary>Checks whether an ONNX model can be trained and adapted: every operator must be read and have a gradient.</summary>
public static class OperatorCheck
{
    /// <summary>Lists the operators of a model. One whose operators are all supported is read whole as well, which may find further faults.</summary>
    /// <exception cref="GraphException">The file can not be read, or is refused for other reasons than its operators.</exception>
    public static OperatorCheckReport Run(string path)
    {
        OperatorCheckReport report = new()
        {
            Model = path,
            Operators =
            [
                .. OnnxReader
                    .Operators(path)
                    .Select(o => new OperatorSupport
                    {
                        Operator = $"{o.Domain}.{o.OpType}",
                        Nodes = o.Nodes,
                        FirstNode = o.FirstNode,
                        Import = o.Fault is null,
                        Fault = o.Fault,
                        Gradient = (o.IsTakenApart ? GradientSupport.Rule : Differentiator.Support(o.ReadAs)).ToString().ToLowerInvariant(),
                    }),
            ],
        };
        if (report.Passed)
        {
            _ = OnnxReader.Read(path);
        }

        return report;
    }
}
