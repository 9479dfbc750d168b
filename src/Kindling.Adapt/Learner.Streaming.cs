using Kindling.Bundles;

namespace Kindling.Adapt;

public sealed partial class Learner
{
    /// <summary>
    /// Loss of the last examples of the stream before they were adapted to, where it was a number; written by whoever has the turn.
    /// </summary>
    private float? _streamLoss;

    /// <summary>Runs <see cref="Observe(SupportSet, CancellationToken)"/> on another thread.</summary>
    /// <param name="examples">The next examples.</param>
    /// <param name="cancellationToken">Stops at once; the learner stays as it was.</param>
    public Task<StreamReport> ObserveAsync(SupportSet examples, CancellationToken cancellationToken = default) =>
        Task.Run(() => Observe(examples, cancellationToken), cancellationToken);

    /// <summary>
    /// Takes the next examples of a stream, in order: adapts to them by the bundle's rule from where the learner stands, so that its parameters follow the
    /// stream; or, where the loss jumps, from the start again (Continual-MAML, Caccia et al. 2020). The loss jumps when that of these examples, before they are
    /// adapted to, is above that of the examples before by more than the rule's <see cref="ManifestStream.Jump"/>, or is no number. A rule without it never starts
    /// again. Classes that were named stay named, at the start too.
    /// </summary>
    /// <param name="examples">The next examples: one, or as many as come together.</param>
    /// <param name="cancellationToken">Stops at once; the learner stays as it was.</param>
    /// <returns>What happened. An adaptation that raises the loss of these examples does not count, if the model's options require improvement; one that leaves it does.</returns>
    /// <remarks>
    /// The loss of the examples before is part of no delta, and <see cref="Reset"/> and <see cref="Rollback"/> forget it: a learner that was opened, reset or
    /// rolled back sees no jump in its first examples. Nor does a learner after a loss that was no number.
    /// </remarks>
    /// <exception cref="ArgumentException">The examples do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">Another adaptation of this learner runs.</exception>
    public StreamReport Observe(SupportSet examples, CancellationToken cancellationToken = default) =>
        Follow(examples, _model.Manifest.InnerRule.Stream, cancellationToken);

    /// <summary>Likewise by another rule of starting again; null: never.</summary>
    internal StreamReport Follow(SupportSet examples, ManifestStream? rule, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        using Turns.Turn turn = TakeTurn();
        cancellationToken.ThrowIfCancellationRequested();
        float loss = Loss(examples);
        bool jumped = rule is not null && _streamLoss is { } before && !(loss <= before + rule.Jump);
        AdaptReport adaptation = Adapted(
            new AdaptRequest { Support = examples, FromStart = jumped },
            progress: null,
            cancellationToken,
            onStream: true
        );
        float? previous = _streamLoss;
        _streamLoss = float.IsFinite(loss) ? loss : null;
        return new StreamReport
        {
            Loss = loss,
            PreviousLoss = previous,
            Jumped = jumped,
            Adaptation = adaptation,
        };
    }
}
