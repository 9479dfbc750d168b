namespace Kindling.Graphs.Onnx;

/// <content>Normalisations, and pooling by norms.</content>
internal static partial class Decompositions
{
    private const long MostNeighbours = 1024;

    // x [N, C, ...] by given statistics [C]: (x - mean) scale / sqrt(var + epsilon) + shift; or, in training, by those of the batch, which move the given ones.
    private static IReadOnlyList<Value?> BatchNormalization(NodeForm f, int outputs)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        float epsilon = f.Float("epsilon", 1e-5f);
        float momentum = f.Float("momentum", 0.9f);
        bool training = f.Int("training_mode", 0) != 0;
        if (f.Int("spatial", 1) == 0)
        {
            throw new GraphException($"{f.Where}: statistics of each place (spatial 0) are not supported.");
        }

        if (f.Opset < 14 && outputs > 1)
        {
            throw new GraphException($"{f.Where}: statistics as outputs are supported from op set 14 on.");
        }

        if (!training)
        {
            return [Affine(b, b.Sub(x, Channels(b, f.Input(3), x)), Channels(b, f.Input(4), x), epsilon, f, x)];
        }

        long[] axes = [0, .. Enumerable.Range(2, x.Rank - 2).Select(a => (long)a)];
        Value mean = b.ReduceMean(x, axes);
        Value centred = b.Sub(x, mean);
        Value variance = b.ReduceMean(b.Mul(centred, centred), axes);
        return [Affine(b, centred, variance, epsilon, f, x), Moved(f.Input(3), mean), Moved(f.Input(4), variance)];

        Value Moved(Value given, Value measured) => b.Add(b.Mul(given, momentum), b.Mul(b.Reshape(measured, -1), 1 - (double)momentum));
    }

    private static Value InstanceNormalization(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        long[] axes = [.. Enumerable.Range(2, x.Rank - 2).Select(a => (long)a)];
        Value centred = b.Sub(x, b.ReduceMean(x, axes));
        return Affine(b, centred, b.ReduceMean(b.Mul(centred, centred), axes), f.Float("epsilon", 1e-5f), f, x);
    }

    // x [N, C, ...] in groups of neighbouring channels; scale and shift are of groups up to op set 20, of channels from 21 on
    private static Value GroupNormalization(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        long groups = f.Int("num_groups", 0);
        float epsilon = f.Float("epsilon", 1e-5f);
        _ = f.Int("stash_type", 1);
        if (groups < 1 || x.Rank < 2 || !x.Shape.Skip(1).All(d => d.IsKnown) || x.Shape[1].Size % groups != 0)
        {
            throw new GraphException(
                $"{f.Where}: {groups} groups do not divide the channels of {x.Shape}, whose sizes behind the first must be known."
            );
        }

        long[] sizes = [.. x.Shape.Skip(1).Select(d => d.Size)];
        Value grouped = b.Reshape(x, 0, groups, -1);
        Value centred = b.Sub(grouped, b.ReduceMean(grouped, [2]));
        Value deviation = b.Sqrt(b.Add(b.ReduceMean(b.Mul(centred, centred), [2]), epsilon));
        if (f.Opset < 21)
        {
            Value scaled = b.Mul(b.Div(centred, deviation), b.Unsqueeze(f.Input(1), 1));
            return b.Reshape(b.Add(scaled, b.Unsqueeze(f.Input(2), 1)), [0, .. sizes]);
        }

        Value normal = b.Reshape(b.Div(centred, deviation), [0, .. sizes]);
        return b.Add(b.Mul(normal, Channels(b, f.Input(1), x)), Channels(b, f.Input(2), x));
    }

    // centred scale / sqrt(variance + epsilon) + shift
    private static Value Affine(GraphBuilder b, Value centred, Value variance, float epsilon, NodeForm f, Value x) =>
        b.Add(b.Mul(centred, b.Div(Channels(b, f.Input(1), x), b.Sqrt(b.Add(variance, epsilon)))), Channels(b, f.Input(2), x));

    // [C] to go with [N, C, ...]
    private static Value Channels(GraphBuilder b, Value vector, Value x) =>
        x.Rank == 2 ? vector : b.Unsqueeze(vector, [.. Enumerable.Range(1, x.Rank - 2).Select(a => (long)a)]);

    // (x - mean) / (deviation + 1e-9), over batch and places unless other axes are given
    private static Value MeanVarianceNormalization(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        long[] axes = f.Ints("axes") ?? [0, 2, 3];
        Value centred = b.Sub(x, b.ReduceMean(x, axes));
        return b.Div(centred, b.Add(b.Sqrt(b.ReduceMean(b.Mul(centred, centred), axes)), 1e-9));
    }

    // x / its norm along an axis; 0 stays 0
    private static Value LpNormalization(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        string norm = f.Int("p", 2) switch
        {
            1 => "ReduceL1",
            2 => "ReduceL2",
            var other => throw new GraphException($"{f.Where}: p must be 1 or 2, got {other}."),
        };
        Value size = b.Op(norm, [x], ("axes", new[] { f.Int("axis", -1) }));
        return b.Div(x, b.Where(b.Equal(size, b.ScalarLike(size, 0)), b.ScalarLike(size, 1), size));
    }

    // x / (bias + alpha / size * sum of the squares of so many neighbouring channels)^beta
    private static Value LocalResponse(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        long size = f.Int("size", 0);
        if (size is < 1 or > MostNeighbours || x.Rank < 2 || !x.Shape[1].IsKnown)
        {
            throw new GraphException(
                $"{f.Where}: expected a size of 1 to {MostNeighbours} and a known number of channels, got {size} and {x.Shape}."
            );
        }

        (double alpha, double beta, double bias) = (f.Float("alpha", 1e-4f), f.Float("beta", 0.75f), f.Float("bias", 1));
        long before = (size - 1) / 2;
        long[] none = new long[x.Rank - 2];
        Value squares = b.Pad(b.Mul(x, x), b.Ints([0, before, .. none, 0, size - 1 - before, .. none]));
        Value sum = Enumerable
            .Range(0, (int)size)
            .Select(i => b.Slice(squares, b.Ints(i), b.Ints(i + x.Shape[1].Size), b.Ints(1)))
            .Aggregate((total, next) => b.Add(total, next));
        return b.Div(x, b.Pow(b.Add(b.Mul(sum, alpha / size), bias), b.ScalarLike(x, beta)));
    }

    // (sum of |x|^p over each window)^(1 / p), the sum as so many means
    private static Value LpPool(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        long p = f.Int("p", 2);
        long[] kernel = f.Ints("kernel_shape") ?? throw new GraphException($"{f.Where}: attribute 'kernel_shape' is missing.");
        (string, object?)[] window =
        [
            ("kernel_shape", kernel),
            ("count_include_pad", 1L),
            .. new[] { "strides", "pads", "auto_pad" }.Where(f.Attributes.ContainsKey).Select(name => (name, (object?)f.Attributes[name])),
        ];
        foreach (string name in new[] { "strides", "pads", "auto_pad" })
        {
            _ = f.Attributes.Remove(name);
        }

        Value mean = b.Op("AveragePool", [Power(b, x, p)], window);
        return Root(b, b.Mul(mean, kernel.Aggregate(1L, (product, size) => product * size)), p);
    }

    private static Value GlobalLpPool(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        Value x = f.Input(0);
        long p = f.Int("p", 2);
        return Root(b, b.ReduceSum(Power(b, x, p), [.. Enumerable.Range(2, x.Rank - 2).Select(a => (long)a)]), p);
    }

    private static Value Power(GraphBuilder b, Value x, long p) =>
        p == 1 ? b.Abs(x)
        : p == 2 ? b.Mul(x, x)
        : b.Pow(b.Abs(x), b.ScalarLike(x, p));

    private static Value Root(GraphBuilder b, Value x, long p) =>
        p == 1 ? x
        : p == 2 ? b.Sqrt(x)
        : b.Pow(x, b.ScalarLike(x, 1.0 / p));
}
