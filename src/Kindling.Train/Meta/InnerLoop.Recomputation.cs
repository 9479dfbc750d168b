using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Tapes;

namespace Kindling.Train.Meta;

/// <summary>
/// The exact meta-gradient in the memory of one update (gradient checkpointing, Chen, Xu, Zhang and Guestrin 2016, with a segment for each update): the way
/// there keeps what each update starts from, constants; the way back computes the updates again, the last one first, and takes of each the product of its
/// Jacobian, transposed, with the gradient by what it gives:
/// v(u) = (ds(u+1)/ds(u))' v(u+1) + dL(u)/ds(u), s being the adapted parameters and the optimiser's moments, and L(u) what counts of the outer loss after
/// u updates. What every update reads besides (rates, parameters that do not adapt, anchors) gets the sum of its parts.
/// </summary>
internal sealed partial class InnerLoop
{
    private readonly WayBack way;

    /// <summary>Whether the meta-gradient through the steps is to be taken by <see cref="Gradient"/>.</summary>
    public bool Recomputes { get; }

    /// <summary>The gradient of an outer loss through all steps, which are computed twice.</summary>
    /// <param name="tape">Where it is computed.</param>
    /// <param name="learned">Parameters to start from, then the rates where they are learned.</param>
    /// <param name="x">Support inputs.</param>
    /// <param name="y">Support labels or targets.</param>
    /// <param name="steps">Number of steps, 1 or more.</param>
    /// <param name="outer">What counts of the outer loss, by the updates that have been made (1 after the first) and the parameters then; default where nothing does.</param>
    /// <returns>A gradient for each of <paramref name="learned"/>, and the outer loss: the sum of what counts.</returns>
    public (T[] Gradient, T Loss) Gradient<T>(
        ITape<T> tape,
        IReadOnlyList<T> learned,
        T x,
        T y,
        int steps,
        Func<int, IReadOnlyList<T>, T?> outer
    )
    {
        IReadOnlyList<(T X, T Y)> sets = parts.Of(tape, x, y);
        T[] rates = [.. learned.Skip(count).Take(Rates.Count)];
        T[] anchors = Anchors(learned);
        T[] shared = [.. way.Beside.Select(i => learned[i])];
        int n = adapted.Length;

        T[] Next(int update, T[] from, bool differentiable)
        {
            (T partX, T partY) = sets[update % sets.Count];
            return Updated(tape, update / sets.Count, partX, partY, Phi(learned, from), anchors, from[n..], rates, differentiable);
        }

        List<T[]> states =
        [
            [.. adapted.Select(i => tape.Detach(learned[i])), .. tape.Run(state)],
        ];
        // dL(u)/ds(u), where L(u) counts
        List<T[]?> slopes = [null];
        T[] beside = [];
        T[] loss = [];
        for (int u = 0; u < steps * sets.Count; u++)
        {
            T[] next = tape.Scoped(() => Array.ConvertAll(Next(u, states[u], differentiable: false), tape.Detach));
            T[] counted = tape.Scoped(() =>
                outer(u + 1, Phi(learned, next)) is { } part
                    ? [.. tape.Gradients(part, [.. next[..n], .. shared], differentiable: false), tape.Detach(part)]
                    : []
            );
            if (counted.Length > 0)
            {
                beside = Sum(tape, way.BesideSum, beside, counted[n..^1]);
                loss = Sum(tape, way.LossSum, loss, counted[^1..]);
                next = [.. tape.After(next[..n], counted), .. next[n..]];
            }

            states.Add(next);
            slopes.Add(counted.Length > 0 ? counted[..n] : null);
        }

        T[] v = slopes[^1] ?? throw new InvalidOperationException("Nothing counts after the last update.");
        for (int u = states.Count - 2; u >= 0; u--)
        {
            // nothing asks for the gradient by the moments that the first update starts from, which are 0
            int carried = u == 0 ? n : n + way.Moments;
            T[] found = tape.Scoped(() =>
            {
                T[] from = [.. tape.After(states[u][..carried], [.. v, .. beside]), .. states[u][carried..]];
                T product = tape.Run(way.Product(v.Length), [.. Next(u, from, differentiable: true)[..v.Length], .. v])[0];
                T[] by = tape.Gradients(product, [.. from[..carried], .. shared], differentiable: false);
                return
                [
                    .. Sum(tape, way.AdaptedSum, slopes[u] ?? [], by[..n]),
                    .. by[n..carried],
                    .. Sum(tape, way.BesideSum, beside, by[carried..]),
                ];
            });
            v = found[..carried];
            beside = found[carried..];
        }

        T[] gradient = new T[learned.Count];
        for (int i = 0; i < shared.Length; i++)
        {
            gradient[way.Beside[i]] = beside[i];
        }

        T[] start = spec.Proximal == 0 ? v : Sum(tape, way.AdaptedSum, v, Array.ConvertAll(adapted, i => gradient[i]));
        for (int a = 0; a < n; a++)
        {
            gradient[adapted[a]] = start[a];
        }

        return (gradient, loss[0]);
    }

    // All parameters, the adapted ones from a state.
    private T[] Phi<T>(IReadOnlyList<T> learned, T[] from)
    {
        T[] phi = [.. learned.Take(count)];
        for (int a = 0; a < adapted.Length; a++)
        {
            phi[adapted[a]] = from[a];
        }

        return phi;
    }

    private static T[] Sum<T>(ITape<T> tape, Graph sum, T[] soFar, T[] more) =>
        soFar.Length == 0 || more.Length == 0 ? [.. soFar, .. more] : tape.Run(sum, [.. soFar, .. more]);

    /// <summary>The arithmetic of the way back, as graphs.</summary>
    private sealed class WayBack
    {
        private readonly Graph last;
        private readonly Graph all;
        private readonly int adapted;

        public WayBack(InnerLoop inner)
        {
            ParameterSpec[] parameters = [.. inner.objective.Network.Parameters];
            ParameterSpec[] moving = [.. inner.adapted.Select(i => parameters[i])];
            ParameterSpec[] learned = [.. parameters, .. inner.Rates];
            bool pulls = inner.spec.Proximal != 0;
            Beside = [.. Enumerable.Range(0, learned.Length).Where(i => pulls || !inner.adapted.Contains(i))];
            ParameterSpec[] moments =
            [
                .. inner.rule.HasFirstMoment ? moving.Select(p => p with { Name = p.Name + ".m" }) : [],
                .. inner.rule.HasSecondMoment ? moving.Select(p => p with { Name = p.Name + ".v" }) : [],
            ];
            Moments = moments.Length;
            adapted = moving.Length;
            BesideSum = ParameterGraphs.Sum(Beside.Select(i => learned[i]));
            AdaptedSum = ParameterGraphs.Sum(moving);
            LossSum = ParameterGraphs.Sum([new ParameterSpec("loss", [], InitialDistribution.Zeros, FanIn: 1, IsHead: false)]);
            last = Product(moving);
            all = Product([.. moving, .. moments]);
        }

        /// <summary>Positions among the learned tensors of those that every update reads besides what it moves.</summary>
        public int[] Beside { get; }

        /// <summary>The optimiser's moments, which gradients flow through; its count of steps is none.</summary>
        public int Moments { get; }

        public Graph BesideSum { get; }

        public Graph AdaptedSum { get; }

        public Graph LossSum { get; }

        /// <summary>The sum over all elements of state times v, whose gradient by what the state was made of is wanted; v has so many tensors.</summary>
        public Graph Product(int tensors) => tensors == adapted ? last : all;

        private static Graph Product(IReadOnlyList<ParameterSpec> parameters)
        {
            GraphBuilder b = new("product");
            Value[] left = ParameterGraphs.Declare(b, parameters, ".next");
            Value[] right = ParameterGraphs.Declare(b, parameters, ".slope");
            _ = b.Output(left.Zip(right, (l, r) => b.ReduceSum(b.Mul(l, r), keepDims: false)).Aggregate(b.Add));
            return b.Graph;
        }
    }
}
