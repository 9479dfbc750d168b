namespace Kindling.Bundles;

/// <summary>
/// Trajectories as the examples that a policy adapts to: each step is an observation and, as its target, the action with how much better than expected it was. Descending
/// the loss <c>policy-gradient</c> on them is a step of REINFORCE with a baseline (Williams 1992).
/// </summary>
public sealed class PolicyGradient
{
    /// <summary>What a reward is worth one step earlier; 0.99 unless said.</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>How far advantages look ahead, 0 to 1 (generalised advantage estimation, Schulman et al. 2016); 1, to the end, unless said.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>
    /// How much better than expected each step was, over all trajectories of mean 0 and variance 1. What is expected comes from a linear baseline fitted to these
    /// trajectories.
    /// </summary>
    /// <param name="trajectories">Trajectories of one task under one policy.</param>
    /// <returns>[trajectory][step].</returns>
    /// <exception cref="ArgumentException">There is no trajectory, or they are of different tasks.</exception>
    public double[][] Advantages(IReadOnlyList<Trajectory> trajectories)
    {
        ArgumentNullException.ThrowIfNull(trajectories);
        Check(trajectories);
        double[][] returns = [.. trajectories.Select(Returns)];
        LinearBaseline baseline = LinearBaseline.Fit(trajectories, returns);
        double[][] advantages = [.. trajectories.Select(trajectory => Advantages(trajectory, baseline))];
        double mean = advantages.SelectMany(a => a).Average();
        double deviation = Math.Sqrt(advantages.SelectMany(a => a).Average(a => (a - mean) * (a - mean))) + 1e-8;
        return [.. advantages.Select(a => Array.ConvertAll(a, value => (value - mean) / deviation))];
    }

    /// <summary>
    /// The examples of some trajectories: as many rows for each as the longest possible episode has steps, those behind its end without weight, so that the shape
    /// depends on nothing that happened.
    /// </summary>
    /// <param name="trajectories">Trajectories of one task under one policy, at most <paramref name="horizon"/> steps each.</param>
    /// <param name="horizon">Most steps of an episode.</param>
    /// <returns>
    /// Observations [rows, observations] and targets [rows, 2 actions]: the action, its advantage, and zeros.
    /// </returns>
    /// <exception cref="ArgumentException">There is no trajectory, they are of different tasks, or one is longer.</exception>
    public (FloatTensor Observations, FloatTensor Targets) Examples(IReadOnlyList<Trajectory> trajectories, int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        double[][] advantages = Advantages(trajectories);
        int seen = trajectories[0].Observations.Shape[1];
        int done = trajectories[0].Actions.Shape[1];
        FloatTensor x = FloatTensor.Zeros(trajectories.Count * horizon, seen);
        FloatTensor y = FloatTensor.Zeros(trajectories.Count * horizon, 2 * done);
        for (int i = 0; i < trajectories.Count; i++)
        {
            Trajectory trajectory = trajectories[i];
            if (trajectory.Length > horizon)
            {
                throw new ArgumentException(
                    $"Trajectory {i} has {trajectory.Length} steps, expected at most {horizon}.",
                    nameof(trajectories)
                );
            }

            trajectory.Observations.Values.CopyTo(x.Values, i * horizon * seen);
            for (int t = 0; t < trajectory.Length; t++)
            {
                Span<float> row = y.Values.AsSpan(((i * horizon) + t) * 2 * done, 2 * done);
                trajectory.Actions.Values.AsSpan(t * done, done).CopyTo(row);
                row[done] = (float)advantages[i][t];
            }
        }

        return (x, y);
    }

    private static void Check(IReadOnlyList<Trajectory> trajectories)
    {
        if (trajectories.Count == 0)
        {
            throw new ArgumentException("Expected at least one trajectory, got none.", nameof(trajectories));
        }

        for (int i = 1; i < trajectories.Count; i++)
        {
            if (
                trajectories[i].Observations.Shape[1] != trajectories[0].Observations.Shape[1]
                || trajectories[i].Actions.Shape[1] != trajectories[0].Actions.Shape[1]
            )
            {
                throw new ArgumentException(
                    $"Trajectory {i} has observations {trajectories[i].Observations} and actions {trajectories[i].Actions}, trajectory 0 has {trajectories[0].Observations} and {trajectories[0].Actions}.",
                    nameof(trajectories)
                );
            }
        }
    }

    private double[] Returns(Trajectory trajectory)
    {
        double[] returns = new double[trajectory.Length];
        double next = 0;
        for (int t = returns.Length - 1; t >= 0; t--)
        {
            next = returns[t] = trajectory.Rewards[t] + (Discount * next);
        }

        return returns;
    }

    private double[] Advantages(Trajectory trajectory, LinearBaseline baseline)
    {
        double[] advantages = new double[trajectory.Length];
        double next = 0;
        double valueBehind = 0;
        for (int t = advantages.Length - 1; t >= 0; t--)
        {
            double value = baseline.Value(trajectory, t);
            double surprise = trajectory.Rewards[t] + (Discount * valueBehind) - value;
            next = advantages[t] = surprise + (Discount * Lambda * next);
            valueBehind = value;
        }

        return advantages;
    }
}
