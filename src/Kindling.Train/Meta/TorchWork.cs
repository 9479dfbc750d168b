using Kindling.Bundles;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>What every piece of work on a worker thread does around libtorch.</summary>
internal static class TorchWork
{
    [ThreadStatic]
    private static bool isSingleThreaded;

    /// <summary>Begins work on the calling thread; disposing the result frees the tensors made since.</summary>
    public static IDisposable Enter()
    {
        // libtorch's own threads would fight with ours, and the setting belongs to the calling thread
        if (!isSingleThreaded)
        {
            set_num_threads(1);
            isSingleThreaded = true;
        }

        return NewDisposeScope();
    }

    /// <summary>Parameters that gradients are taken of.</summary>
    public static Tensor[] Leaves(IReadOnlyList<FloatTensor> parameters) =>
        [.. parameters.Select(t => TorchTensors.From(t).requires_grad_())];

    /// <summary>Labels as class numbers, or targets.</summary>
    public static Tensor Labels(FloatTensor y, bool classification) =>
        classification ? TorchTensors.From(y).to_type(ScalarType.Int64) : TorchTensors.From(y);
}
