using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>The joint baseline: the gradient of the mean loss over a chunk of pooled examples.</summary>
/// <param name="objective">The loss.</param>
/// <param name="factor">What gradients are multiplied by.</param>
internal sealed class JointProgram(Objective objective, float factor) : IMetaProgram
{
    private readonly Graph scale = Scale(objective.Network.Parameters, factor);

    private readonly Constants frozen = new(objective.Network.Parameters, p => p.IsFrozen);

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Learned => objective.Network.Parameters;

    /// <inheritdoc/>
    public Phase At(int iteration) => Phase.Only;

    /// <inheritdoc/>
    public (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, IReadOnlyList<T> data, T? weights)
    {
        T[] start = frozen.Start(tape, learned);
        T loss = objective.OuterLoss(tape, data[0], data[1], start);
        T[] gradients = tape.Gradients(loss, start, differentiable: false);
        frozen.Silence(tape, learned, gradients);
        return (factor == 1 ? gradients : tape.Run(scale, gradients), loss);
    }

    private static Graph Scale(IReadOnlyList<ParameterSpec> parameters, float factor)
    {
        GraphBuilder b = new("scale");
        foreach (Value gradient in parameters.Select(p => b.Parameter(p.Name, p.Shape.Select(d => (long)d))).ToArray())
        {
            _ = b.Output(b.Mul(gradient, factor));
        }

        return b.Graph;
    }
}
