using System.Globalization;

namespace Kindling.Evaluate.Checks.Conformance;

/// <summary>Everything of the suite that does not run, and why. Each row is checked: what it names exists and is refused.</summary>
internal static class Exclusions
{
    /// <summary>Op sets that are not read.</summary>
    public static readonly (string Reason, Func<long?, bool> Has, int Tests)[] Opsets =
    [
        ("ai.onnx.preview.training only: optimisers are graphs of standard operators here", o => o is null, 4),
    ];

    /// <summary>Operators outside the registry.</summary>
    public static readonly OperatorExclusion[] Operators =
    [
        new("no sequences", "SplitToSequence"),
        new("positions that a network computes: no gradient to come", "DeformConv"),
    ];

    /// <summary>Forms of supported operators.</summary>
    public static readonly TestExclusion[] Tests =
    [
        new(
            "integers other than 8 bit, 32 and 64 bit signed: no network computes with them",
            null,
            "is not supported; supported are 1 (Float), 2 (UInt8), 3 (Int8), 6 (Int32), 7 (Int64), 9 (Bool), 10 (Float16), 11 (Double).",
            "test_max_uint16",
            "test_max_uint64",
            "test_min_int16",
            "test_min_uint16",
            "test_min_uint64",
            "test_pow_types_float32_uint32",
            "test_pow_types_float32_uint64"
        ),
        new(
            "strings",
            null,
            "is not supported; supported are 1 (Float), 2 (UInt8), 3 (Int8), 6 (Int32), 7 (Int64), 9 (Bool), 10 (Float16), 11 (Double).",
            "test_equal_string",
            "test_equal_string_broadcast"
        ),
        new("optional values: a graph's values are tensors", null, "Input 'opt_in': only tensors are supported.", "test_identity_opt"),
    ];

    /// <summary>Why a test does not run, or null if it does, at least on the interpreter.</summary>
    public static string? Reason(NodeTest test) =>
        test.IsInScope
            ? Tests.FirstOrDefault(row => row.Covers(test.Name, NodeEngine.Torch))?.Reason
            : Opsets
                .Where(row => row.Has(test.Opset))
                .Select(row => $"op set {test.Opset?.ToString(CultureInfo.InvariantCulture) ?? "none"}: {row.Reason}")
                .FirstOrDefault()
                ?? test.UnknownOperators.Select(name => Operators.FirstOrDefault(row => row.Operators.Contains(name))?.Reason)
                    .FirstOrDefault(reason => reason is not null);

    /// <summary>The engines that run a test.</summary>
    public static IEnumerable<NodeEngine> Engines(NodeTest test) =>
        Enum.GetValues<NodeEngine>().Where(engine => !Tests.Any(row => row.Covers(test.Name, engine)));
}
