using Microsoft.ML.OnnxRuntime;

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
    internal static void Run(
        Snapshot snapshot,
        SupportData data,
        int steps,
        Func<int, float, TensorSet, bool> observe,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        AdaptContext context = snapshot.Engine.RentContext();
        try
        {
            context.Begin(snapshot.Start, snapshot.Delta, data);
            using CancellationTokenRegistration registration = cancellationToken.Register(context.Terminate);
            for (int step = 0; step <= steps; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                float loss = context.Run(step);
                if (!observe(step, loss, context.Delta(step)))
                {
                    return;
                }
            }
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            snapshot.Engine.ReturnContext(context);
        }
    }
}
