using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Tasks;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>
/// The metric of a task's query set (accuracy or mean squared error) before adaptation and after every step. Safe to use from several threads.
/// </summary>
internal sealed class TaskEvaluator(Objective objective, InnerLoop inner)
{
    /// <summary>The query set as one batch, with the statistics of the support set where the network carries them.</summary>
    public double[] Evaluate(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        double[] metrics = new double[steps + 1];
        Walk(
            theta,
            episode,
            steps,
            (k, task, phi) => metrics[k] = Metric(task.QueryX, task.QueryY, phi, objective.Statistics(task.SupportX, task.SupportY, phi))
        );
        return metrics;
    }

    /// <summary>Both columns of a report: the query set as one batch with statistics of its own, and its examples one at a time.</summary>
    public (double[] Transductive, double[] Inductive) EvaluateBoth(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        double[] transductive = new double[steps + 1];
        double[] inductive = new double[steps + 1];
        Walk(
            theta,
            episode,
            steps,
            (k, task, phi) =>
            {
                transductive[k] = Metric(task.QueryX, task.QueryY, phi, objective.Statistics(task.QueryX, task.QueryY, phi));
                Tensor[] support = objective.Statistics(task.SupportX, task.SupportY, phi);

                // One run gives the same as single ones, unless the network normalises by its batch.
                inductive[k] =
                    objective.Network.Normalization == Normalization.Batch
                        ? Enumerable
                            .Range(0, episode.QueryX.Shape[0])
                            .Average(i => Metric(task.QueryX.narrow(0, i, 1), task.QueryY.narrow(0, i, 1), phi, support))
                        : Metric(task.QueryX, task.QueryY, phi, support);
            }
        );
        return (transductive, inductive);
    }

    /// <summary>Adapts and measures nothing: what a step costs.</summary>
    public void Adapt(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = TorchWork.Enter();
        TaskTensors task = TaskTensors.Load(episode, objective.IsClassification);
        _ = inner.Run(TorchWork.Leaves(theta), task.SupportX, task.SupportY, steps, secondOrder: false);
    }

    private void Walk(IReadOnlyList<FloatTensor> theta, Episode episode, int steps, Action<int, TaskTensors, IReadOnlyList<Tensor>> measure)
    {
        using IDisposable scope = TorchWork.Enter();
        TaskTensors task = TaskTensors.Load(episode, objective.IsClassification);
        Tensor[] start = TorchWork.Leaves(theta);
        Measure(0, start[..objective.Network.Parameters.Count]);
        _ = inner.Run(start, task.SupportX, task.SupportY, steps, secondOrder: false, (k, _, phi) => Measure(k + 1, phi));

        void Measure(int k, IReadOnlyList<Tensor> parameters)
        {
            using IDisposable off = no_grad();
            measure(k, task, parameters);
        }
    }

    private double Metric(Tensor x, Tensor y, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> statistics)
    {
        (Tensor loss, Tensor output, _) = objective.Query(x, y, parameters, statistics);
        return objective.IsClassification ? output.argmax(1).eq(y).to_type(ScalarType.Float64).mean().item<double>() : loss.item<float>();
    }
}
