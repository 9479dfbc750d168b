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
        (Tensor[] gradient, Tensor loss) = Gradient(TorchWork.Leaves(theta), TaskTensors.Load(episode, objective.IsClassification), steps);
        return ([.. gradient.Select(g => TorchTensors.ToHost(g).Values)], loss.item<float>());
    }

    /// <summary>The same on tensors that are there already; <paramref name="start"/> requires gradients.</summary>
    internal (Tensor[] Gradient, Tensor Loss) Gradient(Tensor[] start, TaskTensors data, int steps)
    {
        bool secondOrder = algorithm == "maml";
        (Tensor[] phi, Tensor loss) = Adapted(start, data, steps, secondOrder);
        if (algorithm == "reptile")
        {
            return ([.. start.Zip(phi, (a, b) => a - b)], loss);
        }

        // allow_unused: a parameter may not reach the query loss, its gradient is 0 then
        IList<Tensor> parts = autograd.grad([loss], secondOrder ? start : phi, allow_unused: true);
        return ([.. parts.Select((g, i) => g is null || g.IsInvalid ? zeros_like(start[i]) : g)], loss);
    }

    /// <summary>The parameters after adaptation and the query loss there.</summary>
    internal (Tensor[] Phi, Tensor Loss) Adapted(Tensor[] start, TaskTensors data, int steps, bool secondOrder)
    {
        Tensor[] phi = inner.Run(start, data.SupportX, data.SupportY, steps, secondOrder);
        Tensor[] statistics = objective.Statistics(data.SupportX, data.SupportY, phi);
        return (phi, objective.Query(data.QueryX, data.QueryY, phi, statistics).Loss);
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
