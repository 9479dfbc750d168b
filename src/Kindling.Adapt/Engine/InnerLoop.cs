using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// The inner loop: k steps, then one more run of the adapt graph whose new parameters are ignored. It yields the loss after the last step, and under
/// normalisation <c>support</c> the statistics of the support set under the final parameters.
/// </summary>
internal static class InnerLoop
{
    /// <summary>Runs the loop.</summary>
    /// <param name="snapshot">Where to begin; the caller holds a reference.</param>
    /// <param name="data">The support set.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="observe">Gets the number of steps done, the loss there, and the parameters and statistics there; false ends the loop.</param>
    /// <param name="cancellationToken">Stops within a step too.</param>
    /// <param name="from">Where an interrupted loop had come to; null begins at the snapshot.</param>
    /// <param name="interrupted">
    /// Gets the number of steps done when the loop is cancelled, and the parameters and the optimiser state there, which were not observed yet.
    /// </param>
    internal static void Run(
        Snapshot snapshot,
        SupportData data,
        int steps,
        Func<int, float, TensorSet, bool> observe,
        CancellationToken cancellationToken,
        PausedAdaptation? from = null,
        Action<int, TensorSet, TensorSet>? interrupted = null
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        AdaptContext context = snapshot.Engine.RentContext();
        try
        {
            using CancellationTokenRegistration registration = cancellationToken.Register(context.Terminate);
            Begin(context, snapshot, data, from, cancellationToken);
            for (int step = from?.Step ?? 0; step <= steps; step++)
            {
                if (!TryRun(context, step, updates: step < steps, out float loss, cancellationToken))
                {
                    interrupted?.Invoke(step, context.Delta(step), context.State(step));
                    throw new OperationCanceledException(cancellationToken);
                }

                if (!observe(step, loss, context.Delta(step)))
                {
                    return;
                }
            }
        }
        finally
        {
            snapshot.Engine.ReturnContext(context);
        }
    }

    // A backbone sees all examples here, which may take longer than the steps do.
    private static void Begin(
        AdaptContext context,
        Snapshot snapshot,
        SupportData data,
        PausedAdaptation? from,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (from is null)
            {
                context.Begin(snapshot.Start, snapshot.Delta, data);
            }
            else
            {
                context.Resume(snapshot.Start, from, data);
            }
        }
        catch (BundleException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>Runs a step, unless it is cancelled before or within: it then has not changed what it reads.</summary>
    private static bool TryRun(AdaptContext context, int step, bool updates, out float loss, CancellationToken cancellationToken)
    {
        loss = float.NaN;
        if (cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        try
        {
            loss = context.Run(step, updates);
            return true;
        }
        catch (BundleException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
