using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>Regression of one number on another, each task one curve y = f(x) of two numbers (p, q).</summary>
internal abstract class CurveFamily : ITaskFamily
{
    private readonly float _lowX;
    private readonly float _highX;

    protected CurveFamily(string name, string definition, float lowX, float highX)
    {
        Name = name;
        DataHash = ContentHash.OfText(definition);
        _lowX = lowX;
        _highX = highX;
    }

    public string Name { get; }

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape { get; } = [1];

    public int OutputCount => 1;

    public string DataHash { get; }

    public IReadOnlyList<string> Licences => [];

    public Preprocessing Preprocessing { get; } = Preprocessing.ForTable(TablePreprocessing.Plain("x"));

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        if (shape.Ways != 1)
        {
            throw new ArgumentException($"{Name} is a regression: ways must be 1, got {shape.Ways}.", nameof(shape));
        }

        SeededRandom own = OfSplit(split, random);
        (double P, double Q) curve = NextCurve(split, own);
        (FloatTensor supportX, FloatTensor supportY) = Points(curve, shape.Shots, own);
        (FloatTensor queryX, FloatTensor queryY) = Points(curve, shape.Queries, own);
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
        };
    }

    public JointData Joint(Split split) => new JointCurves(this, split);

    protected abstract (double P, double Q) NextCurve(Split split, SeededRandom random);

    protected abstract double Value((double P, double Q) curve, double x);

    /// <summary>The splits draw from one distribution: they differ by their streams, even where the caller's is the same.</summary>
    private static SeededRandom OfSplit(Split split, SeededRandom random) => new(random.NextUInt64(), (ulong)split);

    private (FloatTensor X, FloatTensor Y) Points((double P, double Q) curve, int count, SeededRandom random)
    {
        float[] x = new float[count];
        float[] y = new float[count];
        for (int i = 0; i < count; i++)
        {
            x[i] = random.NextSingle(_lowX, _highX);
            y[i] = (float)Value(curve, x[i]);
        }

        return (new FloatTensor([count, 1], x), new FloatTensor([count, 1], y));
    }

    private sealed class JointCurves(CurveFamily family, Split split) : JointData
    {
        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            SeededRandom own = OfSplit(split, random);
            (double P, double Q) curve = family.NextCurve(split, own);
            x[0] = own.NextSingle(family._lowX, family._highX);
            y[0] = (float)family.Value(curve, x[0]);
        }
    }
}
