using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Train.Engines;

/// <summary>One tensor of a task's data.</summary>
/// <param name="Tensor">The numbers.</param>
/// <param name="IsLabels">Whether they are class numbers, which graphs take as int64.</param>
internal readonly record struct TaskInput(FloatTensor Tensor, bool IsLabels)
{
    /// <summary>An episode's two sets.</summary>
    public static TaskInput[] Of(Episode episode, bool classification) =>
        [
            new(episode.SupportX, false),
            new(episode.SupportY, classification),
            new(episode.QueryX, false),
            new(episode.QueryY, classification),
        ];
}
