using Kindling.Autodiff;
using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Meta;

/// <summary>
/// Adaptation as training sees it: gradient of the support loss by libtorch, update by the optimiser graph that the app runs as well. Gradients
/// flow through all steps when asked for.
/// </summary>
internal sealed class InnerLoop : IDisposable
{
    private readonly Objective objective;
    private readonly TorchInterpreter update;
    private readonly OptimizerRule rule;
    private readonly int[] adapted;
    private readonly float rate;
    private readonly int count;

    public InnerLoop(Objective objective, InnerSpec spec, bool doublePrecision = false)
    {
        this.objective = objective;
        rule = spec.Rule();
        rate = (float)spec.Rate;
        count = objective.Network.Parameters.Count;
        adapted = [.. Enumerable.Range(0, objective.Network.Parameters.Count).Where(i => spec.Adapts(objective.Network.Parameters[i]))];
        update = new TorchInterpreter(UpdateGraph(), doublePrecision);
    }

    /// <summary>Positions of the adapted parameters.</summary>
    public IReadOnlyList<int> Adapted => adapted;

    /// <summary>Runs the inner loop.</summary>
    /// <param name="theta">
    /// Parameters to start from, then (optionally) a rate for each adapted one, with a row a step; they require gradients. Without rates the rule's
    /// single one holds.
    /// </param>
    /// <param name="x">Support inputs.</param>
    /// <param name="y">Support labels or targets.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="secondOrder">Whether gradients of the result flow back to <paramref name="theta"/>.</param>
    /// <param name="each">Called with the loss before each step and the parameters after it.</param>
    /// <returns>The adapted parameters; they require gradients.</returns>
    public Tensor[] Run(
        IReadOnlyList<Tensor> theta,
        Tensor x,
        Tensor y,
        int steps,
        bool secondOrder,
        Action<int, Tensor, IReadOnlyList<Tensor>>? each = null
    )
    {
        Tensor[] phi = [.. theta.Take(count)];
        Tensor[] learned = [.. theta.Skip(count)];
        Tensor[] state = InitialState(phi);
        using Tensor single = tensor(rate).to_type(phi[0].dtype);
        for (int k = 0; k < steps; k++)
        {
            Tensor loss = objective.SupportLoss(x, y, phi);
            Tensor[] moving = [.. adapted.Select(i => phi[i])];
            IList<Tensor> gradients = autograd.grad([loss], moving, retain_graph: secondOrder, create_graph: secondOrder);
            IEnumerable<Tensor> rates =
                learned.Length == 0
                    ? Enumerable.Repeat(single, adapted.Length)
                    : learned.Select(r => r.select(0, Math.Min(k, r.shape[0] - 1)));
            Tensor[] next = update.Run([.. moving, .. gradients, .. state, .. rates]);
            for (int a = 0; a < adapted.Length; a++)
            {
                phi[adapted[a]] = secondOrder ? next[a] : next[a].detach().requires_grad_();
            }

            state = next[adapted.Length..];
            each?.Invoke(k, loss, phi);
        }

        return phi;
    }

    public void Dispose() => update.Dispose();

    private Tensor[] InitialState(IReadOnlyList<Tensor> phi) =>
        [
            .. update
                .Graph.Inputs.Skip(2 * adapted.Length)
                .Take(update.Graph.Inputs.Count - (3 * adapted.Length))
                .Select(v => zeros(v.Shape.ToSizes(), dtype: phi[0].dtype)),
        ];

    // inputs: parameters, gradients, state, rates; outputs: next parameters, next state
    private Graph UpdateGraph()
    {
        GraphBuilder b = new("update");
        Kindling.Networks.ParameterSpec[] moving = [.. adapted.Select(i => objective.Network.Parameters[i])];
        Value[] parameters = [.. moving.Select(p => b.Parameter(p.Name, p.Shape.Select(d => (long)d)))];
        Value[] gradients = [.. moving.Select(p => b.Parameter(p.Name + ".gradient", p.Shape.Select(d => (long)d)))];
        IReadOnlyList<Value> state = Optimizers.DeclareState(b, rule, parameters);
        Value[] rates = [.. moving.Select(p => b.Parameter(p.Name + ".rate"))];
        OptimizerStep step = Optimizers.Apply(b, rule, parameters, gradients, rates, state);
        foreach (Value value in step.Parameters.Concat(step.State))
        {
            _ = b.Output(value);
        }

        return b.Graph;
    }
}
