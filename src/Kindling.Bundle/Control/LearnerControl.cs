namespace Kindling.Bundles;

/// <summary>Lets a learner whose model is a policy adapt to what it lives through.</summary>
public static class LearnerControl
{
    /// <summary>
    /// Lets the policy live, adapts it by one step to what it lived through, and so on: every step sees episodes of the policy as it is by then. Between steps,
    /// and after the last, the learner predicts with what it has become.
    /// </summary>
    /// <param name="learner">The learner. Its model does best with <c>RequireImprovement</c> off: what a step is worth shows in the next episodes, not in its loss.</param>
    /// <param name="live">Lets the learner act for some episodes (see <see cref="NormalActions"/>) and tells what happened.</param>
    /// <param name="horizon">Most steps of an episode.</param>
    /// <param name="steps">Steps of adaptation.</param>
    /// <param name="gradient">How advantages are reckoned; by default as in training.</param>
    /// <param name="cancellationToken">Ends it between two steps or within one; steps that are done stay.</param>
    /// <returns>The mean return of the episodes before each step, and the report of the step.</returns>
    /// <exception cref="ArgumentException">There is no trajectory, or one is longer than the horizon or does not fit the model.</exception>
    public static async Task<IReadOnlyList<(double Return, AdaptReport Report)>> AdaptToAsync(
        this ILearner learner,
        Func<CancellationToken, Task<IReadOnlyList<Trajectory>>> live,
        int horizon,
        int steps = 1,
        PolicyGradient? gradient = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(learner);
        ArgumentNullException.ThrowIfNull(live);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        List<(double Return, AdaptReport Report)> course = [];
        for (int k = 0; k < steps; k++)
        {
            IReadOnlyList<Trajectory> episodes = await live(cancellationToken).ConfigureAwait(false);
            (FloatTensor x, FloatTensor y) = (gradient ?? new()).Examples(episodes, horizon);
            AdaptReport report = await learner
                .AdaptAsync(new AdaptRequest { Support = SupportSet.FromTargets(x, y), Steps = 1 }, null, cancellationToken)
                .ConfigureAwait(false);
            course.Add((episodes.Average(e => e.Return), report));
        }

        return course;
    }
}
