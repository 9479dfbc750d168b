using Kindling.Autodiff;
using Kindling.Autodiff.Passes;
using Kindling.Graphs;

namespace Kindling.Train.Tapes;

/// <summary>
/// Writes what an algorithm does into one graph, gradients by <see cref="Differentiator"/>. Every value belongs to one task, or, when stacked, has a first
/// dimension of as many tasks as are computed together.
/// </summary>
/// <param name="builder">The graph that is written.</param>
/// <param name="stacked">Whether many tasks are computed together.</param>
/// <param name="lowersAll">Whether every convolution is written as a product, which convolutional networks need to be stacked.</param>
internal sealed class GraphTape(GraphBuilder builder, bool stacked, bool lowersAll = false) : ITape<Value>
{
    private readonly Dictionary<Graph, Graph> lowered = [];
    private readonly HashSet<Value> constants = [];

    /// <inheritdoc/>
    public Value[] Run(Graph graph, params IReadOnlyList<Value> inputs)
    {
        if (!lowered.TryGetValue(graph, out Graph? body))
        {
            lowered[graph] = body = TransposeSinking.Run(ConvolutionLowering.Run(graph, lowersAll));
            if (stacked && Vectorizer.Fault(body) is { } fault)
            {
                throw new UnstackableException(fault);
            }
        }

        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        for (int i = 0; i < inputs.Count; i++)
        {
            bindings[body.Inputs[i].Name] = inputs[i];
        }

        IReadOnlyDictionary<string, Value> values = stacked ? Stacked(body, bindings) : builder.Inline(body, bindings);
        return [.. body.Outputs.Select(output => values[output.Name])];
    }

    /// <inheritdoc/>
    public int Rows(Value value) => (int)value.Shape[stacked ? 1 : 0].Size;

    /// <inheritdoc/>
    public Value[] Gradients(Value loss, IReadOnlyList<Value> of, bool differentiable)
    {
        // The gradient of the sum of all tasks' losses is each task's own.
        Value scalar = stacked && loss.Rank > 0 ? builder.ReduceSum(loss, keepDims: false) : loss;
        Value[] gradients = [.. Differentiator.Gradients(builder, scalar, of, constants: constants)];
        if (!differentiable)
        {
            gradients = Array.ConvertAll(gradients, Detach);
        }

        return gradients;
    }

    /// <inheritdoc/>
    public Value Detach(Value value) => Constant(builder.Identity(value));

    /// <summary>
    /// Each value plus a zero that is made of the others. Without it a step that is computed again is, node for node, the one that was computed before: passes
    /// here and in ONNX Runtime would make one of the two, or the second would run early, and all its values were kept.
    /// </summary>
    public Value[] After(IReadOnlyList<Value> values, IReadOnlyList<Value> done)
    {
        // |x| < 0 never holds, which no pass knows; unlike 0 x it is no NaN where x is infinite
        Value number = builder.Constant(Graphs.Tensor.Scalar(0L));
        Value any = done.Select(d => builder.Gather(builder.Reshape(d, -1), number)).Aggregate(builder.Add);
        Value zero = builder.Cast(builder.Less(builder.Abs(any), builder.ScalarLike(any, 0)), any.Type);
        return [.. values.Select(value => Constant(builder.Add(value, zero)))];
    }

    /// <summary>What the work returns: what else a graph has is given up by whoever runs it.</summary>
    public Value[] Scoped(Func<Value[]> work) => work();

    private IReadOnlyDictionary<string, Value> Stacked(Graph body, Dictionary<string, Value> bindings)
    {
        try
        {
            return Vectorizer.Inline(builder, body, bindings);
        }
        catch (UnvectorizableException e)
        {
            throw new UnstackableException(e.Message);
        }
    }

    private Value Constant(Value value)
    {
        _ = constants.Add(value);
        return value;
    }
}
