using Kindling.Bundles;

namespace Kindling.Adapt;

public sealed partial class Learner
{
    /// <inheritdoc/>
    public Task<AdaptReport> AdaptAsync(
        SupportSet support,
        IProgress<AdaptProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => Task.Run(() => Adapt(support, progress, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public AdaptReport Adapt(SupportSet support, IProgress<AdaptProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using Turn turn = TakeTurn();
        Snapshot before = Acquire();
        try
        {
            TimeProvider clock = _model.Options.TimeProvider;
            long started = clock.GetTimestamp();
            using SupportData data = SupportData.Create(_model.Manifest, before.Heads, support);
            int steps = _model.Steps;
            List<float> losses = new(steps + 1);
            Snapshot? after = null;
            string? fault = null;
            InnerLoop.Run(
                before,
                data,
                steps,
                (step, loss, delta) =>
                {
                    losses.Add(loss);
                    if (!float.IsFinite(loss))
                    {
                        fault = $"The loss is {loss} after {step} of {steps} steps.";
                        return false;
                    }

                    if (step < steps)
                    {
                        progress?.Report(
                            new AdaptProgress
                            {
                                Step = step + 1,
                                Steps = steps,
                                Loss = loss,
                            }
                        );
                        return true;
                    }

                    fault = Fault(losses, delta);
                    after = fault is null
                        ? new Snapshot(before.Start, delta, data.Heads, before.Steps + steps, support.Invert ?? before.Invert)
                        : null;
                    return true;
                },
                cancellationToken
            );
            if (after is not null)
            {
                Publish(after);
            }

            return new AdaptReport
            {
                Accepted = after is not null,
                Reason = fault ?? $"The loss went from {losses[0]:0.######} to {losses[^1]:0.######}.",
                Steps = losses.Count - 1,
                Losses = losses,
                Elapsed = clock.GetElapsedTime(started),
            };
        }
        finally
        {
            before.Release();
        }
    }

    /// <summary>The gate: why the result of an adaptation is not taken over; null when it is.</summary>
    private string? Fault(List<float> losses, TensorSet delta)
    {
        for (int i = 0; i < delta.Layout.Entries.Length; i++)
        {
            foreach (float value in delta[i])
            {
                if (!float.IsFinite(value))
                {
                    return $"'{delta.Layout.Entries[i].Name}' holds {value} after the last step.";
                }
            }
        }

        return _model.Options.RequireImprovement && losses[^1] >= losses[0]
            ? $"The loss did not fall: {losses[0]:0.######} before, {losses[^1]:0.######} after {losses.Count - 1} steps."
            : null;
    }
}
