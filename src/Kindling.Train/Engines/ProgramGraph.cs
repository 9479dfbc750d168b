using Kindling.Autodiff.Passes;
using Kindling.Graphs;
using Kindling.Train.Algorithms;
using Kindling.Train.Tapes;

namespace Kindling.Train.Engines;

/// <summary>Writes one form of a program, gradients included, as one graph: (learned tensors, the phase's numbers, data) -> (gradients, loss).</summary>
internal static class ProgramGraph
{
    /// <summary>For one task.</summary>
    public static Graph One(IMetaProgram program, Phase phase, IReadOnlyList<TaskInput> task)
    {
        GraphBuilder b = new("meta-gradient");
        (Value[] learned, Value? weights) = Shared(b, program, phase);
        (Value[] gradient, Value loss) = program.Trace(new GraphTape(b, stacked: false), phase, learned, Data(b, task, []), weights);
        // for ONNX Runtime alone: a device may round the factors of products
        return RowProducts.Run(Finish(b, program, gradient, loss));
    }

    /// <summary>For many tasks, which data and results have as a new first dimension; the learned tensors are the same for all.</summary>
    /// <exception cref="UnstackableException">An operator has no form for many tasks.</exception>
    public static Graph Many(IMetaProgram program, Phase phase, IReadOnlyList<TaskInput> task, int stack)
    {
        GraphBuilder b = new("meta-gradients");
        (Value[] gradient, Value loss) = Stacked(b, program, phase, task, stack, lowersAll: false);
        return Finish(b, program, gradient, loss);
    }

    /// <summary>For many tasks, convolutions as products so that they have a form for many; the results are the sums over the tasks.</summary>
    /// <exception cref="UnstackableException">An operator has no form for many tasks.</exception>
    public static Graph Sum(IMetaProgram program, Phase phase, IReadOnlyList<TaskInput> task, int stack)
    {
        GraphBuilder b = new("meta-gradient.sum");
        (Value[] gradient, Value loss) = Stacked(b, program, phase, task, stack, lowersAll: true);
        return Finish(b, program, [.. gradient.Select(Total)], Total(loss));

        Value Total(Value many) => b.ReduceSum(many, [0], keepDims: false);
    }

    private static (Value[] Gradient, Value Loss) Stacked(
        GraphBuilder b,
        IMetaProgram program,
        Phase phase,
        IReadOnlyList<TaskInput> task,
        int stack,
        bool lowersAll
    )
    {
        (Value[] learned, Value? weights) = Shared(b, program, phase);
        Value[] data = Data(b, task, [stack]);
        // the gradient is by each task's own copy
        Value[] starts = [.. learned.Select(p => b.Expand(b.Unsqueeze(p, 0), b.Ints([stack, .. p.Shape.ToSizes()])))];
        return program.Trace(new GraphTape(b, stacked: true, lowersAll), phase, starts, data, weights);
    }

    private static (Value[] Learned, Value? Weights) Shared(GraphBuilder b, IMetaProgram program, Phase phase) =>
        (
            [.. program.Learned.Select(p => b.Parameter(p.Name, p.Shape.Select(d => (long)d)))],
            phase.Weights.Length == 0 ? null : b.Parameter("phase.weights", phase.Weights.Length)
        );

    private static Value[] Data(GraphBuilder b, IReadOnlyList<TaskInput> task, long[] stack) =>
        [
            .. task.Select(
                (d, i) =>
                    b.Input(
                        $"data{i}",
                        d.IsLabels ? ElementType.Int64 : ElementType.Float,
                        Shape.Of([.. stack, .. d.Tensor.Shape.Select(s => (long)s)])
                    )
            ),
        ];

    private static Graph Finish(GraphBuilder b, IMetaProgram program, Value[] gradient, Value loss)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            _ = b.Output(gradient[i], $"{program.Learned[i].Name}.gradient");
        }

        _ = b.Output(loss, "loss");
        return ProductSums.Run(MaskProducts.Run(OrderSinking.Run(Simplification.Run(b.Graph))));
    }
}
