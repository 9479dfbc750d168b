using Kindling.Graphs;
using Kindling.Networks;

namespace Kindling.Train.Meta;

/// <summary>Arithmetic of whole sets of parameters.</summary>
internal static class ParameterGraphs
{
    /// <summary>Inputs of a graph in the shapes of parameters, with a suffix to their names.</summary>
    public static Value[] Declare(GraphBuilder b, IEnumerable<ParameterSpec> parameters, string suffix = "") =>
        [.. parameters.Select(p => b.Parameter(p.Name + suffix, p.Shape.Select(d => (long)d)))];

    /// <summary>The sum of two sets, tensor by tensor.</summary>
    public static Graph Sum(IEnumerable<ParameterSpec> parameters)
    {
        GraphBuilder b = new("sum");
        ParameterSpec[] declared = [.. parameters];
        Value[] left = Declare(b, declared, ".left");
        Value[] right = Declare(b, declared, ".right");
        foreach (Value value in left.Zip(right, b.Add).ToArray())
        {
            _ = b.Output(value);
        }

        return b.Graph;
    }
}
