using Kindling.Bundles;

namespace Kindling.Tasks.Control;

/// <summary>Lets a policy act.</summary>
public static class Rollouts
{
    /// <summary>
    /// Some episodes of one task side by side: in each step the policy is asked about all of them at once. Every episode has its own stream of random numbers,
    /// so that their number changes nothing in the first ones.
    /// </summary>
    /// <param name="family">The worlds.</param>
    /// <param name="create">Makes a world of the task.</param>
    /// <param name="policy">
    /// From observations [episodes, numbers] to [episodes, 2 actions]: the means of the actions and the logarithms of their standard deviations.
    /// </param>
    /// <param name="episodes">How many.</param>
    /// <param name="seed">Where all randomness comes from.</param>
    /// <exception cref="NotFiniteNumberException">
    /// An output of the policy, an action drawn from it or what came of that is no finite number: the policy's parameters have diverged.
    /// </exception>
    public static Trajectory[] Collect(
        IControlFamily family,
        Func<IEnvironment> create,
        Func<FloatTensor, FloatTensor> policy,
        int episodes,
        ulong seed
    )
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        Running[] running = [.. Enumerable.Range(0, episodes).Select(i => new Running(family, create(), new SeededRandom(seed, (ulong)i)))];
        FloatTensor seen = FloatTensor.Zeros(episodes, family.InputShape[0]);
        int wide = 2 * family.ActionCount;
        try
        {
            for (int t = 0; t < family.Horizon && Array.Exists(running, r => !r.IsOver); t++)
            {
                for (int i = 0; i < episodes; i++)
                {
                    running[i].Seen.CopyTo(seen.Values.AsSpan(i * running[i].Seen.Length));
                }

                float[] output = policy(seen).Values;
                RequireFinite("an output of the policy", t, output);
                for (int i = 0; i < episodes; i++)
                {
                    if (!running[i].IsOver)
                    {
                        running[i].Step(t, output.AsSpan(i * wide, wide));
                    }
                }
            }
        }
        finally
        {
            Array.ForEach(running, r => r.Dispose());
        }

        return [.. running.Select(r => r.ToTrajectory())];
    }

    /// <summary>
    /// A policy's way in one task: its mean return before adaptation and after each step, where every step adapts to new episodes of the policy as it is by then.
    /// </summary>
    /// <param name="family">The worlds.</param>
    /// <param name="split">Of which the task is.</param>
    /// <param name="shape">Shots: episodes that a step adapts to; queries: episodes that a return is the mean of.</param>
    /// <param name="steps">Steps of adaptation.</param>
    /// <param name="random">Where the task and all else come from.</param>
    /// <param name="policy">The policy as it is by then, as <see cref="Collect"/> takes it.</param>
    /// <param name="adapt">Takes a step on observations and targets.</param>
    /// <param name="judged">Receives the episodes that each return is of.</param>
    /// <returns>The mean return after 0, 1, ... steps; NaN from where the policy has diverged.</returns>
    public static double[] Course(
        IControlFamily family,
        Split split,
        EpisodeShape shape,
        int steps,
        SeededRandom random,
        Func<FloatTensor, FloatTensor> policy,
        Action<FloatTensor, FloatTensor> adapt,
        Action<IReadOnlyList<Trajectory>>? judged = null
    )
    {
        ArgumentNullException.ThrowIfNull(family);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(adapt);
        ulong task = random.NextUInt64();
        double[] returns = new double[steps + 1];
        Array.Fill(returns, double.NaN);
        try
        {
            for (int k = 0; k <= steps; k++)
            {
                Trajectory[] episodes = Live(shape.Queries);
                judged?.Invoke(episodes);
                returns[k] = episodes.Average(t => t.Return);
                if (k < steps)
                {
                    (FloatTensor x, FloatTensor y) = new PolicyGradient().Examples(Live(shape.Shots), family.Horizon);
                    adapt(x, y);
                }
            }
        }
        catch (NotFiniteNumberException)
        {
            // what has no return has none from here on
        }

        return returns;

        Trajectory[] Live(int episodes) =>
            Collect(family, () => family.Create(split, new SeededRandom(task)), policy, episodes, random.NextUInt64());
    }

    private static void RequireFinite(string what, int step, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new NotFiniteNumberException($"The policy has diverged: in step {step + 1} {what} is {value}.", value);
            }
        }
    }

    private sealed class Running : IDisposable
    {
        private readonly IEnvironment world;
        private readonly SeededRandom random;
        private readonly int actions;
        private readonly List<float> observations = [];
        private readonly List<float> taken = [];
        private readonly List<float> rewards = [];

        public Running(IControlFamily family, IEnvironment world, SeededRandom random)
        {
            this.world = world;
            this.random = random;
            actions = family.ActionCount;
            Seen = new float[family.InputShape[0]];
            world.Reset(random, Seen);
        }

        public float[] Seen { get; }

        public bool IsOver { get; private set; }

        public void Step(int number, ReadOnlySpan<float> output)
        {
            Span<float> action = stackalloc float[actions];
            NormalActions.Draw(output, random.NextGaussian, action);
            RequireFinite("an action", number, action);
            observations.AddRange(Seen);
            taken.AddRange(action);
            (float reward, bool isOver) = world.Step(action, Seen);
            RequireFinite("the reward", number, [reward]);
            RequireFinite("an observation", number, Seen);
            rewards.Add(reward);
            IsOver = isOver;
        }

        public void Dispose() => (world as IDisposable)?.Dispose();

        public Trajectory ToTrajectory() =>
            new(
                new FloatTensor([rewards.Count, Seen.Length], [.. observations]),
                new FloatTensor([rewards.Count, actions], [.. taken]),
                [.. rewards]
            );
    }
}
