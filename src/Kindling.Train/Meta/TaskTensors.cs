using Kindling.Tasks;
using Kindling.Train.Torch;

namespace Kindling.Train.Meta;

/// <summary>A task in libtorch's memory: inputs, and class numbers or targets, of both its sets.</summary>
internal sealed record TaskTensors(Tensor SupportX, Tensor SupportY, Tensor QueryX, Tensor QueryY)
{
    /// <summary>Copies an episode.</summary>
    public static TaskTensors Load(Episode episode, bool classification) =>
        new(
            TorchTensors.From(episode.SupportX),
            TorchWork.Labels(episode.SupportY, classification),
            TorchTensors.From(episode.QueryX),
            TorchWork.Labels(episode.QueryY, classification)
        );
}
