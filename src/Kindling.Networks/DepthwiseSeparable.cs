using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>
/// A small network for devices (Zhang et al. 2017, DS-CNN, after Howard et al. 2017): one convolution of stride 2, then layers of a 3x3 convolution of each
/// channel by itself and a 1x1 convolution across them, each normalised, with ReLU; mean over space.
/// </summary>
internal static class DepthwiseSeparable
{
    private const int DefaultLayers = 4;
    private const int DefaultWidth = 64;

    // for spectrograms of 49 times and 10 frequencies
    private static readonly int[] DefaultKernel = [10, 4];

    public static NetworkRow Row { get; } =
        new("dscnn", ["layers", "width", "kernel"], Faults, (spec, input, _) => NetworkFaults.Images(spec, input), Write);

    private static IEnumerable<string> Faults(NetworkSpec spec) =>
        [
            .. NetworkFaults.Size("layers", spec.Layers ?? DefaultLayers, 256),
            .. NetworkFaults.Size("width", spec.Width ?? DefaultWidth),
            .. NetworkFaults.Sizes("kernel", spec.Kernel ?? DefaultKernel, 2, 64),
            .. NetworkFaults.Groups(spec, [spec.Width ?? DefaultWidth]),
        ];

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        int width = spec.Width ?? DefaultWidth;
        Value x = Active(n, n.Conv(n.X, width, spec.Kernel ?? DefaultKernel, "conv", stride: 2), "conv");
        for (int i = 1; i <= (spec.Layers ?? DefaultLayers); i++)
        {
            x = Active(n, n.Conv(x, width, [3, 3], $"layer{i}.depthwise", group: width), $"layer{i}.depthwise");
            x = Active(n, n.Conv(x, width, [1, 1], $"layer{i}.pointwise"), $"layer{i}.pointwise");
        }

        Value features = n.Builder.ReduceMean(x, [2, 3], keepDims: false);
        return n.Finish(n.Head(spec, features, outputs), features);
    }

    private static Value Active(NetworkBuilder n, Value x, string name) => n.Builder.Relu(n.Normalize(x, $"{name}.norm"));
}
