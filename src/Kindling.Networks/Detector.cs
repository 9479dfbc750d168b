using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A one-stage detector without anchors (after FCOS, Tian et al. 2019, at one scale): a backbone that makes one vector of every 8 x 8 pixels, a shared 3x3 convolution, and linear
/// layers for objectness and edges (<c>locate</c>) and for classes (<c>head</c>). Output [batch, cells, 5 + slots], cells row by row: a logit of an object, the distances from the
/// cell's middle to the left, upper, right and lower edge in cells, and a logit for each class.
/// </summary>
/// <remarks>
/// The backbone is that of <c>conv4</c>, whose first three layers have stride 2, or of <c>resnet12</c> without pooling behind the fourth block; parameters have the names and shapes
/// that they have there, so that training can go on from a classifier's.
/// </remarks>
internal static class Detector
{
    /// <summary>Pixels of the input that a cell is wide and high.</summary>
    public const int Cell = 8;

    private const int Geometry = 5;

    // objects are rare, and about two cells wide
    private static readonly float[] FirstBias = [-2, 0.5f, 0.5f, 0.5f, 0.5f];

    public static NetworkRow Row { get; } = new("detector", ["backbone", "widths"], Faults, InputFaults, Write) { IsDetector = true };

    private static IEnumerable<string> Faults(NetworkSpec spec)
    {
        if (spec.Backbone is not (null or "conv4" or "resnet12"))
        {
            yield return $"network.backbone: expected conv4 or resnet12, got '{spec.Backbone}'";
        }

        if (spec.Widths is not null && spec.Backbone != "resnet12")
        {
            yield return "network.widths: backbone resnet12 has widths; conv4 has filters";
        }

        IEnumerable<string> faults =
            spec.Backbone == "resnet12"
                ? ResNet12.Faults(spec)
                : [.. NetworkFaults.Size("filters", spec.Filters, 4096), .. NetworkFaults.Groups(spec, [spec.Filters])];
        foreach (string fault in faults)
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> InputFaults(NetworkSpec spec, IReadOnlyList<int> input, int outputs)
    {
        foreach (string fault in NetworkFaults.Images(spec, input))
        {
            yield return fault;
        }

        if (input.Count == 3 && (input[1] % Cell != 0 || input[2] % Cell != 0))
        {
            yield return $"network detector takes images whose sides are multiples of {Cell}, got {input[2]}x{input[1]}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        bool residual = spec.Backbone == "resnet12";
        Value x = residual ? ResNet12.Body(n, spec, poolings: 3) : Conv4Body(n, spec);
        int width = (int)x.Shape[1].Size;
        x = b.Relu(n.Normalize(n.Conv(x, width, 1, "neck"), "neck.norm"));
        Value features = b.ReduceMean(x, [2, 3], keepDims: false);

        // [batch, width, rows, columns] -> [batch, cells, width]
        Value cells = b.Transpose(b.Reshape(x, 0, width, -1), 0, 2, 1);
        Value located = n.Dense(cells, Geometry, "locate", Tensor.Of<float>(FirstBias, Geometry));
        Value objectness = b.Slice(located, b.Ints(0), b.Ints(1), b.Ints(2));
        Value edges = b.Softplus(b.Slice(located, b.Ints(1), b.Ints(Geometry), b.Ints(2)));
        Value classes = n.Dense(cells, outputs, "head", start: null);
        return n.Finish(b.Concat(2, objectness, edges, classes), features);
    }

    private static Value Conv4Body(NetworkBuilder n, NetworkSpec spec)
    {
        Value x = n.X;
        for (int i = 1; i <= 4; i++)
        {
            x = n.Builder.Relu(n.Normalize(n.Conv(x, spec.Filters, i < 4 ? 2 : 1, $"conv{i}"), $"conv{i}.norm"));
        }

        return x;
    }
}
