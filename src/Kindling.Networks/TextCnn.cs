using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// Convolutions over codes (Kim 2014): filters over windows of several sizes, ReLU, the largest value over the text. Codes are bytes, or hashed words in a
/// vocabulary of their own.
/// </summary>
/// <remarks>
/// Departures: padding is the vector 0 and begins no window, so that the output does not depend on how much of it stands behind; there is no dropout.
/// </remarks>
internal static class TextCnn
{
    private const int DefaultWidth = 128;

    private static readonly int[] DefaultKernel = [3, 4, 5];

    public static NetworkRow Row { get; } = new("text-cnn", ["width", "kernel", "vocabulary"], Faults, NetworkFaults.Codes, Write);

    private static IEnumerable<string> Faults(NetworkSpec spec) =>
        [
            .. NetworkFaults.Size("width", spec.Width ?? DefaultWidth),
            .. NetworkFaults.Sizes("kernel", spec.Kernel ?? DefaultKernel, 0, 1024),
            .. NetworkFaults.Size("filters", spec.Filters, 4096),
            .. NetworkFaults.Size("vocabulary", NetworkBuilder.Vocabulary(spec), NetworkSpec.MostCodes),
            .. NetworkFaults.NoNormalization(spec, "does without"),
        ];

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        Value present = b.Unsqueeze(n.Present(), 1);
        Value x = b.Mul(b.Transpose(b.Gather(n.Embedding(spec, spec.Width ?? DefaultWidth), n.Codes()), 0, 2, 1), present);
        Value features = b.Concat(
            1,
            (spec.Kernel ?? DefaultKernel).Select(
                (size, i) =>
                {
                    Value seen = n.ConvAlongTime(x, spec.Filters, size, 1, Alignment.Ahead, $"conv{i + 1}");
                    return b.ReduceMax(b.Mul(b.Relu(seen), present), [2], keepDims: false);
                }
            )
        );
        return n.Finish(n.Head(spec, features, outputs), features);
    }
}
