using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
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
        _ = TorchNatives.Load();
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

    /// <summary>Data of a task: labels as class numbers, everything else as it is.</summary>
    public static Tensor Data(FloatTensor data, bool isLabels) =>
        isLabels ? TorchTensors.From(data).to_type(ScalarType.Int64) : TorchTensors.From(data);

    /// <summary>An episode's two sets.</summary>
    public static TaskValues<Tensor> Load(Episode episode, bool classification) =>
        TaskValues<Tensor>.Of([.. TaskInput.Of(episode, classification).Select(d => Data(d.Tensor, d.IsLabels))]);
}
