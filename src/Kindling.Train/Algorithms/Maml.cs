using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>
/// MAML (Finn, Abbeel and Levine 2017, algorithm 1): the gradient of the query loss after adaptation, taken through the inner steps; FOMAML (its section
/// 5.2) holds the inner gradients constant. Rates that are learned get their gradient on the same way, so that Meta-SGD (Li et al. 2017) is MAML with a
/// rate for every element; ANIL (Raghu et al. 2020) and BOIL (Oh et al. 2021) are MAML with a mask; CAVIA (Zintgraf et al. 2019, algorithm 1) adapts a context
/// vector of the network alone, which starts at 0 in every task; ProtoMAML (Triantafillou et al. 2020) has a head of class prototypes, which moves with them;
/// ProtoNet (Snell et al. 2017) is that without an inner step. DAML (Yu et al. 2018, equation 1) adapts by a loss that is learned beside the initialisation, from
/// examples of a source domain without labels; the query set is of the target domain, and its loss is the outer one.
/// Continual-MAML (Caccia et al. 2020, algorithm 2) is trained as MAML before it meets the stream.
/// </summary>
/// <remarks>
/// Departures of Continual-MAML: fast weights and the jump of the loss that sets them back are the app's, as data of the bundle; the slow weights stay as
/// trained, an app learns no meta-initialisation.
/// Departure of DAML: the learned temporal loss is a recurrent network (<see cref="Networks.LearnedLoss"/>) in place of the paper's convolutions over time.
/// </remarks>
/// <param name="objective">The losses.</param>
/// <param name="inner">The inner loop.</param>
/// <param name="steps">Inner steps in training.</param>
/// <param name="flow">Second order, or first.</param>
internal sealed class Maml(Objective objective, InnerLoop inner, int steps, InnerFlow flow) : MetaAlgorithm(objective, inner, steps)
{
    /// <inheritdoc/>
    public override GradientKind Kind => flow == InnerFlow.Exact ? ThroughSteps : GradientKind.ConstantInner;

    /// <inheritdoc/>
    protected override (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, TaskValues<T> task, T? weights)
        where T : default
    {
        if (flow == InnerFlow.Exact)
        {
            return Through(tape, learned, task, adapted => QueryLoss(tape, task, adapted));
        }

        T[] phi = Inner.Run(tape, learned, task.SupportX, task.SupportY, Steps, flow);
        T loss = QueryLoss(tape, task, phi);
        return (tape.Gradients(loss, learned, differentiable: false), loss);
    }
}
