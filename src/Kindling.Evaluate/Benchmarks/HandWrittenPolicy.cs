using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>The policy gradient's loss as one writes it by hand: the mean of -A log p(a) for normally distributed actions, without the density's constant.</summary>
internal static class HandWrittenPolicy
{
    /// <summary>The loss.</summary>
    /// <param name="output">[batch, 2 actions]: means, then logarithms of standard deviations.</param>
    /// <param name="target">[batch, 2 actions]: the action, then its advantage.</param>
    public static Tensor Loss(Tensor output, Tensor target)
    {
        long actions = output.shape[1] / 2;
        Tensor logDeviation = output.narrow(1, actions, actions);
        Tensor z = (target.narrow(1, 0, actions) - output.narrow(1, 0, actions)) * exp(-logDeviation);
        Tensor surprise = ((0.5 * z * z) + logDeviation).sum(1);
        return (surprise * target.select(1, actions)).mean();
    }
}
