using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>The inner loops of several users as one: every run of the graph is a step of all of them.</summary>
internal static class ManyLoop
{
    /// <summary>Runs the loops; all of them have the same start, number of examples and number of steps, and only their last points matter.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, within a step too.</exception>
    internal static void Run(InferenceSession session, IReadOnlyList<Adaptation> users, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int steps = users[0].Steps;
        bool[] ended = new bool[users.Count];
        using ManyContext context = new(session, users);
        using CancellationTokenRegistration registration = cancellationToken.Register(context.Terminate);
        for (int step = 0; step <= steps; step++)
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                context.Run(step);
            }
            catch (BundleException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }

            for (int user = 0; user < users.Count; user++)
            {
                ended[user] =
                    ended[user] || !users[user].Observe(context.Loss(user), context.Delta(step, user, wanted: step == steps), null);
            }
        }
    }
}
