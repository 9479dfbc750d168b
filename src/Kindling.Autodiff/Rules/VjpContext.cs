using Kindling.Graphs;

namespace Kindling.Autodiff.Rules;

/// <summary>One node under differentiation, and the small vocabulary that rules are written in.</summary>
internal sealed class VjpContext
{
    private readonly IReadOnlyList<Value?> gradients;
    private readonly Func<Value, bool> needs;

    public VjpContext(GraphBuilder builder, Node node, IReadOnlyList<Value?> gradients, Func<Value, bool> needs)
    {
        B = builder;
        Node = node;
        this.gradients = gradients;
        this.needs = needs;
    }

    /// <summary>Appends the backward pass.</summary>
    public GraphBuilder B { get; }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>Its first output.</summary>
    public Value Y => Node.Output;

    /// <summary>The gradient of the first output; of its shape.</summary>
    public Value G => gradients[0] ?? throw Fail("its first output has no gradient");

    /// <summary>The input at <paramref name="index"/>, which must be present.</summary>
    public Value this[int index] => Node.Input(index) ?? throw Fail($"input {index} is missing");

    /// <summary>The gradient of an output, or null if the loss does not depend on it.</summary>
    public Value? Gradient(int output) => gradients[output];

    /// <summary>Whether the gradient of that input is wanted.</summary>
    public bool Needs(int input) => Node.Input(input) is { } value && needs(value);

    /// <summary>The gradient if that input wants one.</summary>
    public Value? If(int input, Func<Value> gradient) => Needs(input) ? gradient() : null;

    /// <summary>The number 0 as a scalar of the value's type.</summary>
    public Value Zero(Value like) => B.ScalarLike(like, 0);

    /// <summary>The sizes of a value: a constant where all are known, otherwise read at run time.</summary>
    public Value Sizes(Value value) => Sizes(B, value);

    /// <summary>The size of one axis as an int64 vector of one element.</summary>
    public Value Size(Value value, int axis) =>
        value.Shape[axis].IsKnown ? B.Ints(value.Shape[axis].Size) : B.Op("Shape", [value], ("start", axis), ("end", axis + 1));

    /// <summary>A dimension as a number of another value's type: a constant, or a multiple of what an input of the graph has as a dimension; else null.</summary>
    public Value? Number(Dimension dimension, Value like)
    {
        if (dimension.IsKnown)
        {
            return B.ScalarLike(like, dimension.Size);
        }

        foreach (Value input in B.Graph.Inputs)
        {
            for (int axis = 0; axis < input.Rank; axis++)
            {
                if (!input.Shape[axis].IsKnown && Dimension.Divide(dimension, input.Shape[axis]) is { IsKnown: true } factor)
                {
                    Value size = B.Squeeze(B.Op("Shape", [input], ("start", axis), ("end", axis + 1)), 0);
                    return B.Mul(B.Cast(size, like.Type), factor.Size);
                }
            }
        }

        return null;
    }

    /// <summary>Zeros of a value's type and shape.</summary>
    public Value ZerosLike(Value value) => ZerosLike(B, value);

    /// <summary>The same elements in another value's shape.</summary>
    public Value ReshapeLike(Value x, Value like) => x.Shape.Equals(like.Shape) ? x : Reshape(x, Sizes(like));

    /// <summary>The same elements in a shape all of whose sizes are given: a 0 is a size here and copies nothing.</summary>
    public Value Reshape(Value x, Value sizes) => Reshape(B, x, sizes);

    /// <summary>The same elements in a shape all of whose sizes are given: a 0 is a size here and copies nothing.</summary>
    public static Value Reshape(GraphBuilder b, Value x, Value sizes) =>
        sizes.Constant is { } known && !known.ToInt64().Contains(0) ? b.Reshape(x, sizes) : b.Op("Reshape", [x, sizes], ("allowzero", 1));

    /// <summary>The value repeated to another value's shape.</summary>
    public Value ExpandLike(Value x, Value like) => x.Shape.Equals(like.Shape) ? x : B.Expand(x, Sizes(like));

    /// <summary>
    /// Undoes the broadcasting of <paramref name="input"/> to the shape of <paramref name="output"/>: sums a gradient of the output's shape over
    /// the axes that the input lacks or has with size 1. Equal symbols are one size; a symbol against a number other than 1 is that number.
    /// </summary>
    public Value SumTo(Value gradient, Value input, Value output) => SumTo(gradient, input.Shape, output.Shape);

    /// <summary>The same by shapes.</summary>
    public Value SumTo(Value gradient, Shape input, Shape output)
    {
        int lead = output.Rank - input.Rank;
        List<long> axes = [];
        for (int i = 0; i < output.Rank; i++)
        {
            Dimension from = output[i];
            Dimension to = i < lead ? 1 : input[i - lead];
            if (i < lead || (to.Is(1) && !from.Is(1)))
            {
                axes.Add(i);
            }
            else if (from != to && !from.IsKnown)
            {
                throw Fail($"whether axis {i} of {output} was broadcast from {input} can not be told");
            }
        }

        if (axes.Count == 0)
        {
            return gradient;
        }

        if (axes.Count == lead)
        {
            return B.ReduceSum(gradient, [.. axes], keepDims: false);
        }

        Value sum = B.ReduceSum(gradient, [.. axes]);
        return lead == 0 ? sum : B.Squeeze(sum, [.. Enumerable.Range(0, lead).Select(i => (long)i)]);
    }

    /// <summary>An error that names the node.</summary>
    public GraphException Fail(string reason) => new($"Gradient of node {Node}: {reason}.");

    /// <summary>The sizes of a value: a constant where all are known, otherwise read at run time.</summary>
    public static Value Sizes(GraphBuilder b, Value value) => value.Shape.IsKnown ? b.Ints(value.Shape.ToSizes()) : b.ShapeOf(value);

    /// <summary>Zeros of a value's type and shape.</summary>
    public static Value ZerosLike(GraphBuilder b, Value value) =>
        value.Rank == 0
            ? b.ScalarLike(value, 0)
            : b.ConstantOfShape(Sizes(b, value), new Tensor(value.Type, [1], new byte[value.Type.Size()]));
}
