using System.Runtime.ExceptionServices;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Adaptations of many learners of one model: as one batched run where they are alike and the bundle can, else side by side.</summary>
internal static class ManyAdaptations
{
    /// <summary>Most users in one batched run: it bounds the run's memory.</summary>
    internal const int MostUsers = 64;

    /// <summary>Fewest users in one batched run.</summary>
    private const int FewestUsers = 2;

    internal static AdaptReport[] Run(
        AdaptableModel model,
        IReadOnlyList<(Learner Learner, AdaptRequest Request)> adaptations,
        CancellationToken cancellationToken
    )
    {
        Learner.PendingAdaptation[] pending = Begin(model, adaptations);
        try
        {
            AdaptReport[] reports = new AdaptReport[pending.Length];
            InferenceSession? session = pending.Length < FewestUsers ? null : model.ManySession();
            Parallel(
                [.. Batches(pending, session is not null)],
                batch =>
                {
                    IReadOnlyList<AdaptReport> results = AdaptTelemetry.Measure(
                        model,
                        () =>
                            batch.Length < FewestUsers
                                ? [pending[batch[0]].Adaptation.Run(progress: null, cancellationToken)]
                                : Together(model, session!, [.. batch.Select(i => pending[i].Adaptation)], cancellationToken)
                    );
                    for (int i = 0; i < batch.Length; i++)
                    {
                        reports[batch[i]] = pending[batch[i]].Accept(results[i]);
                    }

                    // What one throws costs nobody a result.
                    foreach (AdaptReport report in results)
                    {
                        model.Options.Adapted?.Invoke(report);
                    }
                },
                cancellationToken
            );
            return reports;
        }
        finally
        {
            Array.ForEach(pending, one => one.Dispose());
        }
    }

    private static AdaptReport[] Together(
        AdaptableModel model,
        InferenceSession session,
        Adaptation[] users,
        CancellationToken cancellationToken
    )
    {
        TimeProvider clock = model.Options.TimeProvider;
        long started = clock.GetTimestamp();
        ManyLoop.Run(session, users, cancellationToken);
        TimeSpan elapsed = clock.GetElapsedTime(started);
        return Array.ConvertAll(users, user => user.Report(finished: true, elapsed));
    }

    private static Learner.PendingAdaptation[] Begin(
        AdaptableModel model,
        IReadOnlyList<(Learner Learner, AdaptRequest Request)> adaptations
    )
    {
        HashSet<Learner> seen = new(ReferenceEqualityComparer.Instance);
        List<Learner.PendingAdaptation> begun = [];
        try
        {
            foreach ((Learner learner, AdaptRequest request) in adaptations)
            {
                string which = $"Adaptation {begun.Count}";
                try
                {
                    ArgumentNullException.ThrowIfNull(learner, nameof(adaptations));
                    string? fault =
                        !learner.IsOf(model) ? "the learner is another model's."
                        : !seen.Add(learner) ? "the learner is in the list before; one adaptation of a learner runs at a time."
                        : null;
                    begun.Add(fault is null ? learner.Begin(request) : throw new ArgumentException(fault));
                }
                catch (ArgumentException e)
                {
                    throw new ArgumentException($"{which}: {e.Message}", nameof(adaptations), e);
                }
                catch (InvalidOperationException e) when (e is not ObjectDisposedException)
                {
                    throw new InvalidOperationException($"{which}: {e.Message}", e);
                }
            }

            return [.. begun];
        }
        catch
        {
            begun.ForEach(one => one.Dispose());
            throw;
        }
    }

    /// <summary>The adaptations by place: those that can run as one together, spread over the processors, the others alone.</summary>
    private static IEnumerable<int[]> Batches(Learner.PendingAdaptation[] pending, bool batched)
    {
        int[] all = [.. Enumerable.Range(0, pending.Length)];
        ILookup<bool, int> plain = all.ToLookup(i => batched && pending[i].Adaptation.IsPlain);
        IEnumerable<int[]> together = plain[true]
            .GroupBy(i => (pending[i].Adaptation.Origin.Start, pending[i].Adaptation.Steps, pending[i].Adaptation.Data.Count))
            .SelectMany(alike =>
            {
                int size = (alike.Count() + Environment.ProcessorCount - 1) / Environment.ProcessorCount;
                return alike.Chunk(Math.Min(size, MostUsers));
            });
        return together.Concat(plain[false].Select(i => new[] { i }));
    }

    private static void Parallel(int[][] batches, Action<int[]> run, CancellationToken cancellationToken)
    {
        ParallelOptions options = new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            System.Threading.Tasks.Parallel.ForEach(batches, options, run);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
