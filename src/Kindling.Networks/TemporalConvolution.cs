using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A temporal convolutional network for signals (Bai et al. 2018): residual blocks of two dilated convolutions along time with normalisation and ReLU, whose
/// dilation doubles from block to block. Causal, and then the features are what the last time sees; or centred, and then they are the mean over time.
/// </summary>
/// <remarks>Departures: weights are not normalised, activations are if the recipe says so; there is no dropout.</remarks>
internal static class TemporalConvolution
{
    private const int DefaultLayers = 4;
    private const int DefaultWidth = 64;

    // behind 2^20 there is no signal
    private const int MostLayers = 20;

    private static readonly int[] DefaultKernel = [3];

    public static NetworkRow Row { get; } = new("tcn", ["layers", "width", "kernel", "causal"], Faults, NetworkFaults.Signal, Write);

    private static IEnumerable<string> Faults(NetworkSpec spec)
    {
        IReadOnlyList<int> kernel = spec.Kernel ?? DefaultKernel;
        string[] sizes =
        [
            .. NetworkFaults.Size("layers", spec.Layers ?? DefaultLayers, MostLayers),
            .. NetworkFaults.Size("width", spec.Width ?? DefaultWidth),
            .. NetworkFaults.Sizes("kernel", kernel, 1, 1024),
            .. NetworkFaults.Groups(spec, [spec.Width ?? DefaultWidth]),
        ];
        foreach (string fault in sizes)
        {
            yield return fault;
        }

        if (spec.Causal == false && kernel is [var size] && size % 2 == 0)
        {
            yield return $"network.kernel: a centred one is odd, got {size}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        GraphBuilder b = n.Builder;
        (int width, bool causal) = (spec.Width ?? DefaultWidth, spec.Causal ?? true);
        Alignment alignment = causal ? Alignment.Behind : Alignment.Centred;
        Value x = n.Signal();
        for (int i = 0; i < (spec.Layers ?? DefaultLayers); i++)
        {
            string name = $"block{i + 1}";
            Value y = x;
            foreach (string conv in new[] { $"{name}.conv1", $"{name}.conv2" })
            {
                y = n.ConvAlongTime(y, width, (spec.Kernel ?? DefaultKernel)[0], 1 << i, alignment, conv);
                y = b.Relu(n.Normalize(y, $"{conv}.norm"));
            }

            x = b.Relu(b.Add(y, x.Shape[1].Is(width) ? x : n.ConvAlongTime(x, width, 1, 1, alignment, $"{name}.shortcut")));
        }

        Value features = causal ? b.Gather(x, b.Constant(Tensor.Scalar(x.Shape[2].Size - 1)), 2) : b.ReduceMean(x, [2], keepDims: false);
        return n.Finish(n.Head(spec, features, outputs), features);
    }
}
