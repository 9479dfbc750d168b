using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Ranks;

namespace Kindling.Train.Session;

/// <summary>
/// Runs a training to the recipe's last iteration, until it has converged or until cancelled: reports about every second, validates and saves at the
/// recipe's intervals, and saves before it leaves.
/// </summary>
/// <param name="algorithm">Says the iterations and the intervals.</param>
/// <param name="time">The clock.</param>
/// <param name="stage">What reports call this training.</param>
/// <param name="progress">Receives a line about every second and at every validation.</param>
/// <param name="ranks">The processes that train together: all stop if one is cancelled.</param>
internal sealed class TrainingLoop(
    AlgorithmSpec algorithm,
    TimeProvider time,
    string stage,
    IProgress<TrainingProgress> progress,
    IRanks ranks
)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    /// <summary>Runs.</summary>
    /// <param name="training">What to train.</param>
    /// <param name="validated">Called at every validation interval, before a save.</param>
    /// <param name="save">Called with the time spent in this run.</param>
    /// <param name="cancellation">Stops after the current iteration.</param>
    /// <returns>Whether the last iteration was reached, or the training has converged.</returns>
    /// <exception cref="TrainingDivergedException">A loss or a parameter is not finite.</exception>
    /// <exception cref="RanksDifferException">Processes no longer have the same parameters.</exception>
    public bool Run(ITraining training, Action<TrainingProgress> validated, Action<TimeSpan> save, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        long stretchStart = start;
        int stretchIteration = training.Iteration;
        double lossSum = 0;
        TimeSpan validating = TimeSpan.Zero;
        while (!IsFinished(training) && !ranks.Any(cancellation.IsCancellationRequested))
        {
            float loss = training.Step();
            Require(float.IsFinite(loss), $"the loss of iteration {training.Iteration} is {loss}");
            lossSum += loss;
            bool validate = IsFinished(training) || training.Iteration % algorithm.ValidateEvery == 0;
            if (validate)
            {
                RequireParameters();
            }

            TimeSpan stretch = time.GetElapsedTime(stretchStart);
            double[]? validation = validate ? training.Validate() : null;
            validating = validate ? time.GetElapsedTime(stretchStart) - stretch : validating;
            bool last = IsFinished(training);
            if (validate || stretch >= ReportEvery)
            {
                int count = training.Iteration - stretchIteration;
                double perIteration = stretch.TotalSeconds / count;
                int left = algorithm.Iterations - training.Iteration;
                TrainingProgress line = new(
                    training.Iteration,
                    algorithm.Iterations,
                    algorithm.TasksPerBatch / perIteration,
                    TimeSpan.FromSeconds(perIteration * left) + (validating * (left / algorithm.ValidateEvery)),
                    lossSum / count,
                    validation
                )
                {
                    Stage = stage,
                    HasConverged = training.HasConverged,
                };
                progress.Report(line);
                if (validate)
                {
                    validated(line);
                }

                (stretchStart, stretchIteration, lossSum) = (time.GetTimestamp(), training.Iteration, 0);
            }

            if (last || training.Iteration % algorithm.CheckpointEvery == 0)
            {
                Save();
            }
        }

        if (!IsFinished(training))
        {
            Save();
            return false;
        }

        return true;

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new TrainingDivergedException(
                    $"{stage} diverged: {otherwise}. What was saved before stays as it is. A lower algorithm.outerRate or inner.rate may help, or algorithm.clipNorm or inner.clipNorm."
                );
            }
        }

        // a gradient may be no number where the loss is one, and nobody can go on from what it leaves
        void RequireParameters() =>
            Require(
                training.Parameters.All(p => Array.TrueForAll(p.Values, float.IsFinite)),
                $"after iteration {training.Iteration} not all parameters are finite numbers"
            );

        void Save()
        {
            RequireParameters();
            training.Compare();
            save(time.GetElapsedTime(start));
        }
    }

    private bool IsFinished(ITraining training) => training.Iteration >= algorithm.Iterations || training.HasConverged;
}
