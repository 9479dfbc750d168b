using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>
/// One task at a time: the gradient that it contributes to the outer step, and what its inner loop does. The three meta-learners differ in three lines:
/// MAML (Finn et al. 2017, equation 1) differentiates the query loss through the inner loop; FOMAML takes the gradient at the adapted
/// parameters instead; Reptile (Nichol et al. 2018, algorithm 1) takes the way that adaptation went. Safe to use from several threads.
/// </summary>
internal sealed class TaskWorker(Objective objective, InnerLoop inner, string algorithm)
{
    /// <summary>The task's gradient for every parameter, and its query loss after adaptation.</summary>
    public (float[][] Gradient, float Loss) Gradient(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = TorchWork.Enter();
        TaskTensors task = TaskTensors.Load(episode, objective.IsClassification);
        Tensor[] start = TorchWork.Leaves(theta);
        bool secondOrder = algorithm == "maml";
        Tensor[] phi = inner.Run(start, task.SupportX, task.SupportY, steps, secondOrder);
        Tensor[] statistics = objective.Statistics(task.SupportX, task.SupportY, phi);
        (Tensor loss, _, _) = objective.Query(task.QueryX, task.QueryY, phi, statistics);
        float[][] gradient;
        if (algorithm == "reptile")
        {
            gradient = [.. start.Zip(phi, (a, b) => TorchTensors.ToHost(a - b).Values)];
        }
        else
        {
            // allow_unused: a parameter may not reach the query loss, its gradient is 0 then
            IList<Tensor> parts = autograd.grad([loss], secondOrder ? start : phi, allow_unused: true);
            gradient = [.. parts.Select((g, i) => g is null || g.IsInvalid ? new float[theta[i].Count] : TorchTensors.ToHost(g).Values)];
        }

        return (gradient, loss.item<float>());
    }

    /// <summary>Losses before each step and after the last, and the adapted parameters after each step.</summary>
    public (float[] Losses, FloatTensor[][] Parameters) Trace(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = TorchWork.Enter();
        TaskTensors task = TaskTensors.Load(episode, objective.IsClassification);
        float[] losses = new float[steps + 1];
        FloatTensor[][] parameters = new FloatTensor[steps][];
        Tensor[] phi = inner.Run(
            TorchWork.Leaves(theta),
            task.SupportX,
            task.SupportY,
            steps,
            secondOrder: false,
            (k, loss, after) =>
            {
                losses[k] = loss.item<float>();
                parameters[k] = [.. after.Select(TorchTensors.ToHost)];
            }
        );
        losses[steps] = objective.Support(task.SupportX, task.SupportY, phi).Loss.item<float>();
        return (losses, parameters);
    }
}
