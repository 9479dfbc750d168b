namespace Kindling.Graphs.Onnx;

/// <summary>Operators with bodies, which are written out when a model is read: what decides about them must be known then.</summary>
internal static class ControlFlow
{
    /// <summary>Most rounds of one loop.</summary>
    public const int MostRounds = 4096;

    private static readonly Dictionary<string, int> Rows = new(StringComparer.Ordinal)
    {
        ["If"] = 1,
        ["Loop"] = 1,
        ["Scan"] = 9,
    };

    /// <summary>Whether an operator is one of these.</summary>
    public static bool Contains(string opType, string domain) => domain.Length == 0 && Rows.ContainsKey(opType);

    /// <summary>The op set that brought the operator as it is read, if the model's is older; otherwise null.</summary>
    public static int? Missing(string opType, long opset) => Rows.TryGetValue(opType, out int since) && opset < since ? since : null;
}
