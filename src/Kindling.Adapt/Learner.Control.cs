using Kindling.Bundles;

namespace Kindling.Adapt;

public sealed partial class Learner
{
    /// <summary>Mean return of the last episodes before they were adapted to; written by whoever has the turn.</summary>
    private double? _streamReturn;

    /// <summary>Runs <see cref="Observe(IReadOnlyList{Trajectory}, int, PolicyGradient?, CancellationToken)"/> on another thread.</summary>
    /// <param name="episodes">What the policy, as it is now, has lived through.</param>
    /// <param name="horizon">Most steps of an episode.</param>
    /// <param name="gradient">How advantages are reckoned; by default as in training.</param>
    /// <param name="cancellationToken">Stops at once; the learner stays as it was.</param>
    public Task<PolicyStreamReport> ObserveAsync(
        IReadOnlyList<Trajectory> episodes,
        int horizon,
        PolicyGradient? gradient = null,
        CancellationToken cancellationToken = default
    ) => Task.Run(() => Observe(episodes, horizon, gradient, cancellationToken), cancellationToken);

    /// <summary>
    /// Takes the next episodes of a policy whose goal may change while it lives: adapts by one step from where it stands; or, where the mean return is below that of the
    /// episodes before by more than the rule's <see cref="ManifestStream.Jump"/>, goes back to the start and leaves these episodes alone (Continual-MAML, Caccia et al.
    /// 2020, for policies). A rule without it never starts again.
    /// </summary>
    /// <param name="episodes">What the policy, as it is now, has lived through.</param>
    /// <param name="horizon">Most steps of an episode.</param>
    /// <param name="gradient">How advantages are reckoned; by default as in training.</param>
    /// <param name="cancellationToken">Stops at once; the learner stays as it was.</param>
    /// <remarks>
    /// The model does best with <see cref="AdaptOptions.RequireImprovement"/> off: what a step is worth shows in the next episodes, not in its loss. <see cref="Reset"/> and
    /// <see cref="Rollback"/> forget the return of the episodes before.
    /// </remarks>
    /// <exception cref="ArgumentException">There is no episode, or one is longer than the horizon or does not fit the model.</exception>
    /// <exception cref="InvalidOperationException">Another adaptation of this learner runs.</exception>
    public PolicyStreamReport Observe(
        IReadOnlyList<Trajectory> episodes,
        int horizon,
        PolicyGradient? gradient = null,
        CancellationToken cancellationToken = default
    ) => Follow(episodes, horizon, gradient, _model.Manifest.InnerRule.Stream, cancellationToken);

    /// <summary>Likewise by another rule of starting again; null: never.</summary>
    internal PolicyStreamReport Follow(
        IReadOnlyList<Trajectory> episodes,
        int horizon,
        PolicyGradient? gradient,
        ManifestStream? rule,
        CancellationToken cancellationToken = default
    )
    {
        (FloatTensor x, FloatTensor y) = (gradient ?? new()).Examples(episodes, horizon);
        SupportSet support = SupportSet.FromTargets(x, y);
        _ = InputCheck.Examples(_model.Manifest, support, nameof(episodes));
        cancellationToken.ThrowIfCancellationRequested();
        using Turns.Turn turn = TakeTurn();
        double now = episodes.Average(episode => episode.Return);
        double? before = _streamReturn;
        bool fell = rule is not null && now < before - rule.Jump;
        AdaptReport? adaptation = null;
        if (fell)
        {
            StartAgain();
        }
        else
        {
            adaptation = Adapted(new AdaptRequest { Support = support, Steps = 1 }, progress: null, cancellationToken, onStream: true);
            _streamReturn = now;
        }

        return new PolicyStreamReport
        {
            Return = now,
            PreviousReturn = before,
            StartedAgain = fell,
            Adaptation = adaptation,
        };
    }
}
