using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Tapes;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>
/// The metric of a task's query set (accuracy, bits per byte of a language model, mean average precision of a detector, or mean squared error) before adaptation and after every step, through libtorch. Safe to use from several
/// threads.
/// </summary>
internal sealed class TaskEvaluator(Objective objective, InnerLoop inner) : IDisposable
{
    private readonly TorchTape tape = new();

    /// <summary>The query set as one batch, with the statistics of the support set where the network carries them.</summary>
    public double[] Evaluate(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        double[] metrics = new double[steps + 1];
        Walk(
            theta,
            episode,
            steps,
            (k, task, phi) =>
                metrics[k] = Metric(task.QueryX, task.QueryY, phi, objective.Statistics(tape, task.SupportX, task.SupportY, phi))
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
                Tensor[] support = objective.Statistics(tape, task.SupportX, task.SupportY, phi);
                Tensor[] query = objective.Statistics(tape, task.QueryX, task.QueryY, phi);
                // what labels say is known of the support set alone
                Tensor[] batchs = [.. query.Select((q, i) => objective.Network.Statistics[i].FromLabels ? support[i] : q)];
                transductive[k] = Metric(task.QueryX, task.QueryY, phi, batchs);

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
        TaskValues<Tensor> task = TorchWork.Load(episode, objective.IsClassification);
        _ = inner.Run(tape, TorchWork.Leaves(theta), task.SupportX, task.SupportY, steps, InnerFlow.None);
    }

    /// <summary>Losses before each step and after the last, and the adapted parameters after each step.</summary>
    public (float[] Losses, FloatTensor[][] Parameters) Trace(IReadOnlyList<FloatTensor> theta, Episode episode, int steps)
    {
        using IDisposable scope = TorchWork.Enter();
        TaskValues<Tensor> task = TorchWork.Load(episode, objective.IsClassification);
        float[] losses = new float[steps + 1];
        FloatTensor[][] parameters = new FloatTensor[steps][];
        Tensor[] start = TorchWork.Leaves(theta);
        Note(0, start[..objective.Network.Parameters.Count]);
        _ = inner.Run(
            tape,
            start,
            task.SupportX,
            task.SupportY,
            steps,
            InnerFlow.None,
            (k, after) =>
            {
                Note(k + 1, after);
                parameters[k] = [.. after.Select(TorchTensors.ToHost)];
            }
        );
        return (losses, parameters);

        void Note(int k, IReadOnlyList<Tensor> phi)
        {
            using IDisposable off = no_grad();
            losses[k] = objective.SupportLoss(tape, task.SupportX, task.SupportY, phi).item<float>();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => tape.Dispose();

    private void Walk(
        IReadOnlyList<FloatTensor> theta,
        Episode episode,
        int steps,
        Action<int, TaskValues<Tensor>, IReadOnlyList<Tensor>> measure
    )
    {
        using IDisposable scope = TorchWork.Enter();
        TaskValues<Tensor> task = TorchWork.Load(episode, objective.IsClassification);
        Tensor[] start = TorchWork.Leaves(theta);
        Measure(0, start[..objective.Network.Parameters.Count]);
        _ = inner.Run(tape, start, task.SupportX, task.SupportY, steps, InnerFlow.None, (k, phi) => Measure(k + 1, phi));

        void Measure(int k, IReadOnlyList<Tensor> parameters)
        {
            using IDisposable off = no_grad();
            measure(k, task, parameters);
        }
    }

    private double Metric(Tensor x, Tensor y, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> statistics)
    {
        (Tensor loss, Tensor output, _) = objective.Query(tape, x, y, parameters, statistics);
        if (objective.Loss == InnerLosses.Detection)
        {
            DetectionGrid grid = new((int)x.shape[3], (int)x.shape[2], (int)output.shape[2] - DetectionGrid.Geometry);
            return grid.MeanAveragePrecision(TorchTensors.ToHost(output), TorchTensors.ToHost(y));
        }

        return objective.IsClassification ? output.argmax(1).eq(y).to_type(ScalarType.Float64).mean().item<double>()
            : output.dim() == 3 ? loss.item<float>() / Math.Log(2)
            : loss.item<float>();
    }
}
