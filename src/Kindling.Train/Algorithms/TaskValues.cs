namespace Kindling.Train.Algorithms;

/// <summary>A task's two sets on a tape: inputs, and class numbers or targets.</summary>
internal sealed record TaskValues<T>(T SupportX, T SupportY, T QueryX, T QueryY)
{
    /// <summary>From the data in the order that engines give them.</summary>
    public static TaskValues<T> Of(IReadOnlyList<T> data) => new(data[0], data[1], data[2], data[3]);
}
