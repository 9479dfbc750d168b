using Kindling.Train.Tapes;

namespace Kindling.Train.Meta;

/// <summary>The inner loop as a path: what it passes, update by update, for meta-learners that learn from the way and not from its end alone.</summary>
internal sealed partial class InnerLoop
{
    /// <summary>Walks along the inner loop.</summary>
    /// <param name="tape">Where it runs.</param>
    /// <param name="learned">Parameters to start from, then the rates where they are learned.</param>
    /// <param name="x">Support inputs.</param>
    /// <param name="y">Support labels or targets.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="of">Positions of the parameters whose gradients the waypoints carry.</param>
    /// <returns>A waypoint for each update, and the adapted parameters as constants.</returns>
    public (IReadOnlyList<Waypoint<T>> Path, T[] End) Walk<T>(
        ITape<T> tape,
        IReadOnlyList<T> learned,
        T x,
        T y,
        int steps,
        IReadOnlyList<int> of
    )
    {
        // gradients that are asked for, then those of adapted parameters that are not
        int[] by = [.. of, .. adapted.Except(of)];
        int[] place = [.. adapted.Select(i => Array.IndexOf(by, i))];
        int n = adapted.Length;
        T[] phi = [.. learned.Take(count).Select(tape.Detach)];
        T[] rates = [.. learned.Skip(count).Take(Rates.Count)];
        T[] anchors = Anchors(phi);
        T[] moments = tape.Run(state);
        IReadOnlyList<(T X, T Y)> sets = parts.Of(tape, x, y);
        List<Waypoint<T>> path = [];
        for (int u = 0; u < steps * sets.Count; u++)
        {
            (T partX, T partY) = sets[u % sets.Count];
            T[] made = tape.Scoped(() =>
            {
                T here = objective.SupportLoss(tape, partX, partY, phi);
                T[] slope = tape.Gradients(here, [.. by.Select(i => phi[i])], differentiable: false);
                T[] next = Moved(
                    tape,
                    u / sets.Count,
                    [.. adapted.Select(i => phi[i])],
                    [.. place.Select(i => slope[i])],
                    anchors,
                    moments,
                    rates
                );
                return [.. next.Select(tape.Detach), tape.Detach(here), .. slope[..of.Count]];
            });
            int loss = made.Length - of.Count - 1;
            path.Add(new([.. phi], partX, partY, made[loss], made[(loss + 1)..]));
            moments = made[n..loss];
            phi = Phi(phi, made[..n]);
        }

        return (path, phi);
    }
}
