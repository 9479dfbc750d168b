using Kindling.Autodiff;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Tapes;

namespace Kindling.Train.Meta;

/// <summary>
/// Adaptation as training sees it: the gradient of the support loss, then the update by the optimiser graph that the app runs as well.
/// </summary>
internal sealed partial class InnerLoop
{
    private readonly Objective objective;
    private readonly InnerSpec spec;
    private readonly OptimizerRule rule;
    private readonly int[] adapted;
    private readonly int count;
    private readonly Graph[] updates;
    private readonly Graph state;
    private readonly SupportParts parts;
    private readonly int exactSteps;

    /// <summary>The inner loop of a recipe.</summary>
    public InnerLoop(Objective objective, Recipe recipe)
        : this(objective, recipe.Inner, recipe.Algorithm.ExactSteps, recipe.Algorithm.Recompute) { }

    /// <summary>An inner loop.</summary>
    /// <param name="objective">The losses.</param>
    /// <param name="spec">The rule.</param>
    /// <param name="exactSteps">The last steps that <see cref="InnerFlow.Exact"/> goes through as it says; those before are of first order. 0: all.</param>
    /// <param name="recomputes">Whether the way back through the steps is by <see cref="Gradient"/>, which computes them again.</param>
    public InnerLoop(Objective objective, InnerSpec spec, int exactSteps = 0, bool recomputes = false)
    {
        Recomputes = recomputes;
        this.exactSteps = exactSteps;
        this.objective = objective;
        this.spec = spec;
        rule = spec.Rule();
        count = objective.Network.Parameters.Count;
        adapted = [.. Enumerable.Range(0, count).Where(i => spec.Adapts(objective.Network.Parameters[i]))];
        Rates = spec.LearnsRates ? [.. adapted.Select(i => RateOf(objective.Network.Parameters[i]))] : [];
        updates = [.. Enumerable.Range(0, spec.RateRows).Select(Update)];
        state = InitialState();
        way = new WayBack(this);
        parts = new SupportParts(objective, spec.Batch);
    }

    /// <summary>Positions of the adapted parameters.</summary>
    public IReadOnlyList<int> Adapted => adapted;

    /// <summary>The rates that are learned beside the parameters, one tensor for each adapted one; none where they are fixed.</summary>
    public IReadOnlyList<ParameterSpec> Rates { get; }

    /// <summary>Whether <see cref="InnerFlow.Exact"/> is exact in all of so many steps.</summary>
    public bool IsExact(int steps) => exactSteps == 0 || exactSteps >= steps;

    /// <summary>Updates in a step, of a support set of so many examples.</summary>
    public int UpdatesPerStep(int examples) => spec.UpdatesPerStep(examples);

    /// <summary>Runs the inner loop.</summary>
    /// <param name="tape">Where it runs.</param>
    /// <param name="learned">Parameters to start from, then the rates where they are learned.</param>
    /// <param name="x">Support inputs.</param>
    /// <param name="y">Support labels or targets.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="flow">What gradients of the result see of the inner loop.</param>
    /// <param name="each">Called with the number of each step and the parameters after it.</param>
    /// <param name="updated">Called with the parameters after each update: several times a step, where it takes the support set in parts.</param>
    /// <returns>The adapted parameters.</returns>
    public T[] Run<T>(
        ITape<T> tape,
        IReadOnlyList<T> learned,
        T x,
        T y,
        int steps,
        InnerFlow flow,
        Action<int, IReadOnlyList<T>>? each = null,
        Action<IReadOnlyList<T>>? updated = null
    )
    {
        T[] phi = [.. learned.Take(count)];
        T[] rates = [.. learned.Skip(count).Take(Rates.Count)];
        T[] anchors = Anchors(phi);
        T[] moments = tape.Run(state);
        IReadOnlyList<(T X, T Y)> sets = parts.Of(tape, x, y);
        for (int k = 0; k < steps; k++)
        {
            bool differentiable = flow == InnerFlow.Exact && IsExact(steps - k);
            foreach ((T partX, T partY) in sets)
            {
                T[] Next() => Updated(tape, k, partX, partY, phi, anchors, moments, rates, differentiable);
                T[] next = flow == InnerFlow.None ? tape.Scoped(() => Array.ConvertAll(Next(), tape.Detach)) : Next();
                for (int a = 0; a < adapted.Length; a++)
                {
                    phi[adapted[a]] = next[a];
                }

                moments = next[adapted.Length..];
                updated?.Invoke(phi);
            }

            each?.Invoke(k, phi);
        }

        return phi;
    }

    // The adapted parameters and the optimiser's state after one update.
    private T[] Updated<T>(
        ITape<T> tape,
        int step,
        T x,
        T y,
        IReadOnlyList<T> phi,
        T[] anchors,
        T[] moments,
        T[] rates,
        bool differentiable
    )
    {
        T loss = objective.SupportLoss(tape, x, y, phi);
        T[] moving = [.. adapted.Select(i => phi[i])];
        T[] gradients = tape.Gradients(loss, moving, differentiable);
        return Moved(tape, step, moving, gradients, anchors, moments, rates);
    }

    private T[] Moved<T>(ITape<T> tape, int step, T[] moving, T[] gradients, T[] anchors, T[] moments, T[] rates) =>
        tape.Run(updates[Math.Min(step, updates.Length - 1)], [.. moving, .. gradients, .. anchors, .. moments, .. rates]);

    private T[] Anchors<T>(IReadOnlyList<T> start) => spec.Proximal == 0 ? [] : [.. adapted.Select(i => start[i])];

    private ParameterSpec RateOf(ParameterSpec parameter) =>
        new(
            GraphSignature.Rate(parameter.Name),
            spec.HasElementRates ? [spec.RateRows, .. parameter.Shape] : [spec.RateRows],
            InitialDistribution.Rate,
            FanIn: 1,
            IsHead: false
        );

    // Inputs: parameters, gradients, anchors where the rule pulls, state, tables of rates where they are learned; outputs: next parameters, next state.
    private Graph Update(int row)
    {
        GraphBuilder b = new("update");
        ParameterSpec[] moving = [.. adapted.Select(i => objective.Network.Parameters[i])];
        Value[] parameters = [.. moving.Select(p => b.Parameter(p.Name, Sizes(p)))];
        Value[] gradients = [.. moving.Select(p => b.Parameter(p.Name + ".gradient", Sizes(p)))];
        Value[] anchors = spec.Proximal == 0 ? [] : [.. moving.Select(p => b.Parameter(GraphSignature.Anchor(p.Name), Sizes(p)))];
        IReadOnlyList<Value> moments = Optimizers.DeclareState(b, rule, parameters);
        Value[] tables = [.. Rates.Select(r => b.Parameter(r.Name, Sizes(r)))];
        Value[] rates = spec.LearnsRates
            ? [.. tables.Select(t => b.Gather(t, b.Constant(Graphs.Tensor.Scalar((long)row))))]
            : [.. moving.Select(_ => b.Scalar(spec.RateOf(row)))];
        OptimizerStep step = InnerUpdate.Append(b, spec, parameters, gradients, anchors, rates, moments);
        foreach (Value value in step.Parameters.Concat(step.State))
        {
            _ = b.Output(value);
        }

        return b.Graph;
    }

    private Graph InitialState()
    {
        GraphBuilder declared = new("declared");
        Value[] parameters = [.. adapted.Select(i => objective.Network.Parameters[i]).Select(p => declared.Parameter(p.Name, Sizes(p)))];
        GraphBuilder b = new("state");
        foreach (Value value in Optimizers.DeclareState(declared, rule, parameters))
        {
            long[] sizes = value.Shape.ToSizes();
            float[] zeros = new float[sizes.Aggregate(1L, (a, s) => a * s)];
            _ = b.Output(b.Constant(Graphs.Tensor.Of<float>(zeros, sizes), value.Name));
        }

        return b.Graph;
    }

    private static IEnumerable<long> Sizes(ParameterSpec parameter) => parameter.Shape.Select(d => (long)d);
}
