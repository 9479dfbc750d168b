using Kindling.Graphs;

namespace Kindling.Networks;

/// <content>What networks over sequences consist of.</content>
internal sealed partial class NetworkBuilder
{
    /// <summary>Positions of the input.</summary>
    public int Length => (int)X.Shape[1].Size;

    /// <summary>Codes that a network tells apart, the one for padding among them.</summary>
    public static int Vocabulary(NetworkSpec spec) => spec.Vocabulary ?? NetworkSpec.DefaultVocabulary;

    /// <summary>The input as codes: int64 [batch, length], or [batch, length, pieces].</summary>
    public Value Codes() => Builder.Cast(X, ElementType.Int64);

    /// <summary>1 where the input has a code and 0 where it has padding: float [batch, length]; where it has pieces, by the first.</summary>
    public Value Present() => IsPresent(X.Rank == 2 ? X : Builder.Gather(X, Builder.Constant(Tensor.Of<long>([0])), 2));

    /// <summary>A vector for each code, the one for padding among them: [vocabulary, width].</summary>
    public Value Embedding(NetworkSpec spec, int width) =>
        Parameter(
            new ParameterSpec("embedding.weight", [Vocabulary(spec), width], InitialDistribution.Normal, width, false)
            {
                IsFixed = IsRandom(spec),
            }
        );

    /// <summary>Whether the vectors of codes stay as they were drawn.</summary>
    public static bool IsRandom(NetworkSpec spec) => spec.Embedding == "random";

    /// <summary>
    /// The vectors of the input's codes: [batch, length, width]. A word in pieces is the sum of theirs (Bojanowski et al. 2017). Vectors that stay as they were
    /// drawn have a length that is learned, one number a code, as a word's weight in a bag of words.
    /// </summary>
    public Value Embedded(NetworkSpec spec, Value table)
    {
        GraphBuilder b = Builder;
        Value codes = Codes();
        Value vectors = b.Gather(table, codes);
        if (IsRandom(spec))
        {
            Value lengths = Parameter("embedding.length", [Vocabulary(spec), 1], InitialDistribution.Ones, 1);
            vectors = b.Mul(vectors, b.Gather(lengths, codes));
        }

        return X.Rank == 2 ? vectors : b.ReduceSum(b.Mul(vectors, b.Unsqueeze(IsPresent(X), 3)), [2], keepDims: false);
    }

    /// <summary>A parameter of the body.</summary>
    public Value Parameter(string name, IReadOnlyList<int> shape, InitialDistribution initial, int fanIn) =>
        Parameter(new ParameterSpec(name, shape, initial, fanIn, false));

    /// <summary>A fully connected layer before anything but a ReLU: x [rows, F] -> [rows, units].</summary>
    public Value Project(Value x, int units, string name, bool bias = true, InitialDistribution initial = InitialDistribution.Glorot)
    {
        int features = (int)x.Shape[1].Size;
        Value weight = Parameter($"{name}.weight", [features, units], initial, features);
        return bias
            ? Builder.Gemm(x, weight, Parameter($"{name}.bias", [units], InitialDistribution.Zeros, features))
            : Builder.MatMul(x, weight);
    }

    /// <summary>Normalises each row of x [rows, F] (Ba et al. 2016).</summary>
    public Value LayerNorm(Value x, string name)
    {
        int size = (int)x.Shape[1].Size;
        Value scale = Parameter($"{name}.scale", [size], InitialDistribution.Ones, size);
        return Builder.LayerNormalization(x, scale, Parameter($"{name}.shift", [size], InitialDistribution.Zeros, size), 1, Epsilon);
    }

    /// <summary>x (1 + erf(x / sqrt 2)) / 2: op set 17 has no operator for it.</summary>
    public Value Gelu(Value x) => Builder.Mul(Builder.Mul(x, 0.5), Builder.Add(Builder.Erf(Builder.Mul(x, Math.Sqrt(0.5))), 1));

    /// <summary>The mean over the positions that are present: x [batch, length, F] -> [batch, F]; 0 where none is.</summary>
    public Value MeanOf(Value x, Value present)
    {
        GraphBuilder b = Builder;
        Value share = b.Div(present, b.Max(b.ReduceSum(present, [1]), b.Scalar(1)));
        return b.Reshape(b.MatMul(b.Unsqueeze(share, 1), x), -1, x.Shape[2].Size);
    }

    /// <summary>The input [batch, channels, times] or [batch, channels, times, 1] without the last axis.</summary>
    public Value Signal() => X.Rank == 4 ? Builder.Reshape(X, 0, X.Shape[1].Size, X.Shape[2].Size) : X;

    /// <summary>A convolution along time that gives as many times; a bias only where no normalisation follows: x [batch, C, times].</summary>
    public Value ConvAlongTime(Value x, int filters, int size, int dilation, Alignment alignment, string name)
    {
        long around = (long)dilation * (size - 1);
        long before = alignment switch
        {
            Alignment.Behind => around,
            Alignment.Centred => around / 2,
            _ => 0,
        };
        return Convolution(x, filters, [size], name, [1], [before, around - before], [dilation], 1);
    }

    /// <summary>
    /// A mean over the positions that are present, weighted by a softmax of a linear score of each, all alike to begin with (Lin et al. 2017 with one row of
    /// attention): x [batch, length, F] -> [batch, F].
    /// </summary>
    /// <param name="rows">What the scores are of: [batch * length, units].</param>
    /// <param name="x">The positions.</param>
    /// <param name="unseen">Added to the scores [batch, length].</param>
    /// <param name="name">Of the layer.</param>
    public Value WeightedMean(Value rows, Value x, Value unseen, string name)
    {
        GraphBuilder b = Builder;
        Value scores = b.Reshape(Project(rows, 1, name, bias: false, InitialDistribution.Zeros), -1, Length);
        Value share = b.Softmax(b.Add(scores, unseen));
        return b.Reshape(b.MatMul(b.Unsqueeze(share, 1), x), -1, x.Shape[2].Size);
    }

    /// <summary>
    /// What a language model reads at each position, [batch, length, width]: the vector of the last code. Where there are codes to copy, [batch, length, 1 + n],
    /// it also learns which of the n there are, and which of them are equal to the next, so that what it makes of them holds for any code.
    /// </summary>
    public Value Read(NetworkSpec spec, Value table)
    {
        if (X.Rank == 2)
        {
            return Embedded(spec, table);
        }

        GraphBuilder b = Builder;
        (Value last, Value copies) = Copies();
        int count = (int)copies.Shape[2].Size;
        Value equal = b.Equal(b.Split(copies, 2, 1, count - 1)[1], b.Split(copies, 2, count - 1, 1)[0]);
        Value signs = b.Concat(2, IsPresent(copies), b.Cast(equal, ElementType.Float));
        Value read = Project(b.Reshape(signs, -1, signs.Shape[2].Size), (int)table.Shape[1].Size, "copies.signs", bias: false);
        Value vectors = b.Gather(table, b.Cast(b.Squeeze(last, 2), ElementType.Int64));
        return b.Add(vectors, b.Reshape(read, -1, Length, table.Shape[1].Size));
    }

    /// <summary>
    /// Scores of all codes by what each is embedded as: features [batch * length, width], table [vocabulary, width]. Codes to copy get a score more, each by a gate of the features
    /// (as in the pointer of See, Liu and Manning 2017, but added to the scores).
    /// </summary>
    public Graph FinishLanguageModel(Value rows, Value table)
    {
        GraphBuilder b = Builder;
        (long vocabulary, long width) = (table.Shape[0].Size, table.Shape[1].Size);
        Value scores = b.Gemm(rows, table, transB: true, alpha: (float)(1 / Math.Sqrt(width)));
        if (X.Rank == 3)
        {
            (_, Value copies) = Copies();
            long count = copies.Shape[2].Size;
            Value gates = Project(rows, (int)count, "copies.gate", initial: InitialDistribution.Zeros);
            Value codes = b.Reshape(copies, -1, count);
            scores = b.ScatterElements(scores, b.Cast(codes, ElementType.Int64), b.Mul(gates, IsPresent(codes)), 1, "add");
        }

        return Finish(b.Reshape(scores, -1, Length, vocabulary), b.Reshape(rows, -1, Length, width));
    }

    // [batch, length, 1] and [batch, length, n]
    private (Value Last, Value Copies) Copies()
    {
        IReadOnlyList<Value> parts = Builder.Split(X, 2, 1, X.Shape[2].Size - 1);
        return (parts[0], parts[1]);
    }

    private Value IsPresent(Value codes) => Builder.Cast(Builder.Greater(codes, Builder.Scalar(0)), ElementType.Float);
}
