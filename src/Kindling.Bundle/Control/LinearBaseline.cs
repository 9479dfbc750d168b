namespace Kindling.Bundles;

/// <summary>
/// What is expected of the steps of an episode still to come, as a linear function of the observation, its squares and powers of time, fitted by ridge regression to
/// the returns of some trajectories (Duan, Chen, Houthooft, Schulman and Abbeel 2016).
/// </summary>
internal sealed class LinearBaseline
{
    private const double Ridge = 1e-5;
    private readonly double[] weights;

    private LinearBaseline(double[] weights) => this.weights = weights;

    /// <summary>Fits it.</summary>
    /// <param name="trajectories">Trajectories of one task.</param>
    /// <param name="returns">What followed each step of each.</param>
    public static LinearBaseline Fit(IReadOnlyList<Trajectory> trajectories, double[][] returns)
    {
        int count = Features(trajectories[0], 0).Length;
        double[,] gram = new double[count, count];
        double[] moments = new double[count];
        for (int i = 0; i < trajectories.Count; i++)
        {
            for (int t = 0; t < trajectories[i].Length; t++)
            {
                double[] features = Features(trajectories[i], t);
                for (int r = 0; r < count; r++)
                {
                    moments[r] += features[r] * returns[i][t];
                    for (int c = 0; c <= r; c++)
                    {
                        gram[r, c] += features[r] * features[c];
                    }
                }
            }
        }

        // Relative to each feature's size, so that the matrix is safely positive whatever the units.
        for (int r = 0; r < count; r++)
        {
            gram[r, r] = (gram[r, r] * (1 + Ridge)) + Ridge;
        }

        return new(Solve(gram, moments));
    }

    /// <summary>What is expected from step <paramref name="t"/> on.</summary>
    public double Value(Trajectory trajectory, int t)
    {
        double[] features = Features(trajectory, t);
        double sum = 0;
        for (int i = 0; i < features.Length; i++)
        {
            sum += weights[i] * features[i];
        }

        return sum;
    }

    private static double[] Features(Trajectory trajectory, int t)
    {
        int count = trajectory.Observations.Shape[1];
        double[] features = new double[(2 * count) + 4];
        for (int i = 0; i < count; i++)
        {
            double observed = Math.Clamp(trajectory.Observations.Values[(t * count) + i], -10, 10);
            features[i] = observed;
            features[count + i] = observed * observed;
        }

        double time = t / 100.0;
        (features[^4], features[^3], features[^2], features[^1]) = (1, time, time * time, time * time * time);
        return features;
    }

    // By Cholesky's decomposition, in place; the lower half is given.
    private static double[] Solve(double[,] a, double[] b)
    {
        int n = b.Length;
        for (int r = 0; r < n; r++)
        {
            for (int c = 0; c <= r; c++)
            {
                double sum = a[r, c];
                for (int k = 0; k < c; k++)
                {
                    sum -= a[r, k] * a[c, k];
                }

                a[r, c] = r == c ? Math.Sqrt(sum) : sum / a[c, c];
            }
        }

        for (int r = 0; r < n; r++)
        {
            for (int k = 0; k < r; k++)
            {
                b[r] -= a[r, k] * b[k];
            }

            b[r] /= a[r, r];
        }

        for (int r = n - 1; r >= 0; r--)
        {
            for (int k = r + 1; k < n; k++)
            {
                b[r] -= a[k, r] * b[k];
            }

            b[r] /= a[r, r];
        }

        return b;
    }
}
