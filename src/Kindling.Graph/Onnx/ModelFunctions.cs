using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>The functions that a model brings; each is checked once, whatever calls it.</summary>
internal sealed class ModelFunctions
{
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> all = [];
    private readonly Dictionary<FunctionProto, IReadOnlyList<string>> faults = [];
    private readonly HashSet<FunctionProto> open = [];
    private readonly long opset;

    public ModelFunctions(ModelProto model, long opset)
    {
        this.opset = opset;
        foreach (FunctionProto function in model.Functions)
        {
            if (!all.TryAdd((NodeSupport.Domain(function.Domain), function.Name, function.Overload), function))
            {
                throw new GraphException($"it has two functions '{Name(function)}'.");
            }
        }
    }

    /// <summary>The function that a node calls, or null.</summary>
    public FunctionProto? Find(NodeProto node) => all.GetValueOrDefault((NodeSupport.Domain(node.Domain), node.OpType, node.Overload));

    /// <summary>The op set of ai.onnx within a function.</summary>
    public long Opset(FunctionProto function) =>
        function.OpsetImport.FirstOrDefault(o => NodeSupport.Domain(o.Domain).Length == 0)?.Version ?? opset;

    /// <summary>Why a function can not be read: its nodes, and those of functions that it calls, with their faults.</summary>
    /// <exception cref="GraphException">It calls itself.</exception>
    public IReadOnlyList<string> Faults(FunctionProto function)
    {
        if (faults.TryGetValue(function, out IReadOnlyList<string>? known))
        {
            return known;
        }

        if (!open.Add(function))
        {
            throw new GraphException($"function '{Name(function)}' calls itself.");
        }

        if (open.Count > ImportScope.MostLevels)
        {
            throw new GraphException($"functions call each other more than {ImportScope.MostLevels} deep.");
        }

        long version = Opset(function);
        List<string> found = version is >= OpsetConversion.Oldest and <= OpsetConversion.Newest
            ? []
            : [$"op set {version} of function '{Name(function)}', supported are {OpsetConversion.Oldest} to {OpsetConversion.Newest}"];
        foreach (NodeProto node in function.Node)
        {
            if (NodeSupport.Fault(node, version, this) is { } fault)
            {
                found.Add($"{fault} in function '{Name(function)}'");
            }
        }

        open.Remove(function);
        return faults[function] = found;
    }

    private static string Name(FunctionProto function) =>
        function.Domain.Length == 0 ? function.Name : $"{function.Domain}.{function.Name}";
}
