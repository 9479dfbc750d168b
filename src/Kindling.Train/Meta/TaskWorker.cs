using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>
/// One task at a time: the gradient that it contributes to the outer step, and its evaluation. The three meta-learners differ in three lines:
/// MAML (Finn et al. 2017, equation 1) differentiates the query loss through the inner loop; FOMAML takes the gradient at the adapted
/// parameters instead; Reptile (Nichol et al. 2018, algorithm 1) takes the way that adaptation went. Safe to use from several threads.
/// </summary>
internal sealed class TaskWorker(Objective objective, InnerLoop inner, string algorithm)
{
    [ThreadStatic]
    private static bool isSingleThreaded;

    /// <summary>The task's gradient for every parameter, and its query loss after adaptation.</summary>
    public (float[][] Gradient, float Loss) Gradient(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = Enter();
        (Tensor[] gradient, Tensor loss) = Gradient(Leaves(theta), Load(episode), steps);
        return ([.. gradient.Select(g => TorchTensors.ToHost(g).Values)], loss.item<float>());
    }

    /// <summary>The same on tensors that are there already; <paramref name="start"/> requires gradients.</summary>
    internal (Tensor[] Gradient, Tensor Loss) Gradient(
        Tensor[] start,
        (Tensor SupportX, Tensor SupportY, Tensor QueryX, Tensor QueryY) data,
        int steps
    )
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
    internal (Tensor[] Phi, Tensor Loss) Adapted(
        Tensor[] start,
        (Tensor SupportX, Tensor SupportY, Tensor QueryX, Tensor QueryY) data,
        int steps,
        bool secondOrder
    )
    {
        Tensor[] phi = inner.Run(start, data.SupportX, data.SupportY, steps, secondOrder);
        Tensor[] statistics = Statistics(data.SupportX, data.SupportY, phi);
        return (phi, objective.Query(data.QueryX, data.QueryY, phi, statistics).Loss);
    }

    /// <summary>
    /// The metric on the query set (accuracy or mean squared error) before adaptation and after every step, as an app would see it: with the
    /// statistics of the support set where the network carries them.
    /// </summary>
    public double[] Evaluate(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = Enter();
        (Tensor supportX, Tensor supportY, Tensor queryX, Tensor queryY) = Load(episode);
        double[] metrics = new double[steps + 1];
        Tensor[] start = Leaves(theta);
        metrics[0] = Metric(start);
        _ = inner.Run(start, supportX, supportY, steps, secondOrder: false, (k, _, phi) => metrics[k + 1] = Metric(phi));
        return metrics;

        double Metric(IReadOnlyList<Tensor> parameters)
        {
            using IDisposable off = no_grad();
            Tensor[] statistics = Statistics(supportX, supportY, parameters);
            (Tensor loss, Tensor output, _) = objective.Query(queryX, queryY, parameters, statistics);
            return objective.IsClassification
                ? output.argmax(1).eq(queryY).to_type(ScalarType.Float64).mean().item<double>()
                : loss.item<float>();
        }
    }

    /// <summary>Losses before each step and after the last, and the adapted parameters after each step.</summary>
    public (float[] Losses, FloatTensor[][] Parameters) Trace(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = Enter();
        (Tensor x, Tensor y, _, _) = Load(episode);
        float[] losses = new float[steps + 1];
        FloatTensor[][] parameters = new FloatTensor[steps][];
        Tensor[] phi = inner.Run(
            Leaves(theta),
            x,
            y,
            steps,
            secondOrder: false,
            (k, loss, after) =>
            {
                losses[k] = loss.item<float>();
                parameters[k] = [.. after.Select(TorchTensors.ToHost)];
            }
        );
        losses[steps] = objective.Support(x, y, phi).Loss.item<float>();
        return (losses, parameters);
    }

    private Tensor[] Statistics(Tensor x, Tensor y, IReadOnlyList<Tensor> parameters) =>
        objective.Network.Statistics.Count == 0 ? [] : objective.Support(x, y, parameters).Statistics;

    private static IDisposable Enter()
    {
        // libtorch's own threads would fight with ours, and the setting belongs to the calling thread
        if (!isSingleThreaded)
        {
            set_num_threads(1);
            isSingleThreaded = true;
        }

        return NewDisposeScope();
    }

    private static Tensor[] Leaves(IReadOnlyList<FloatTensor> theta) => [.. theta.Select(t => TorchTensors.From(t).requires_grad_())];

    private (Tensor, Tensor, Tensor, Tensor) Load(Episode episode) =>
        (TorchTensors.From(episode.SupportX), Labels(episode.SupportY), TorchTensors.From(episode.QueryX), Labels(episode.QueryY));

    private Tensor Labels(FloatTensor y) =>
        objective.IsClassification ? TorchTensors.From(y).to_type(ScalarType.Int64) : TorchTensors.From(y);
}
