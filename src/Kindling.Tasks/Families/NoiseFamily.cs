using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// Normal inputs whose classes or targets say nothing of them: no tasks to learn to learn from, but what a network that is adapted as it comes needs to be
/// exported and replayed.
/// </summary>
internal sealed class NoiseFamily : ITaskFamily, IShapeCheck
{
    /// <summary>Most numbers in an input.</summary>
    public const int MostNumbers = 1 << 20;

    // A bundle names the columns of its tables.
    private const int MostColumns = 4096;
    private readonly int ways;

    public NoiseFamily(TaskSpec spec)
    {
        ways = spec.Ways;
        int count = spec.Shape!.Aggregate(1, (a, b) => a * b);
        InputShape = [count];
        OutputCount = ways > 1 ? 0 : spec.Outputs ?? 1;
        DataHash = ContentHash.OfText($"noise 1: N(0, 1) [{string.Join(", ", spec.Shape!)}], {ways} ways, {OutputCount} outputs");
        Preprocessing =
            count > MostColumns
                ? Preprocessing.None
                : Preprocessing.ForTable(TablePreprocessing.Plain([.. Enumerable.Range(0, count).Select(i => $"x{i}")]));
    }

    public string Name => "noise";

    public bool IsClassification => ways > 1;

    public IReadOnlyList<int> InputShape { get; }

    public int OutputCount { get; }

    public string DataHash { get; }

    public IReadOnlyList<string> Licences => [];

    public Preprocessing Preprocessing { get; }

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        Require(split, shape);
        SeededRandom own = new(random.NextUInt64(), (ulong)split);
        (FloatTensor supportX, FloatTensor supportY) = Draw(shape.Ways, shape.Shots, own);
        (FloatTensor queryX, FloatTensor queryY) = Draw(shape.Ways, shape.Queries, own);
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
            Classes = IsClassification ? [.. Enumerable.Range(0, shape.Ways).Select(i => $"class{i}")] : [],
        };
    }

    public JointData Joint(Split split) => new JointNoise(this);

    public void Require(Split split, EpisodeShape shape) => shape.ThrowIfTooLarge(Name, Math.Max(InputShape[0], OutputCount));

    private (FloatTensor X, FloatTensor Y) Draw(int classes, int each, SeededRandom random)
    {
        int width = InputShape[0];
        float[] x = new float[classes * each * width];
        float[] y = new float[classes * each * Math.Max(1, OutputCount)];
        Fill(random, x);
        if (IsClassification)
        {
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = i / each;
            }

            return (new FloatTensor([classes * each, width], x), new FloatTensor([classes * each], y));
        }

        Fill(random, y);
        return (new FloatTensor([each, width], x), new FloatTensor([each, OutputCount], y));
    }

    private static void Fill(SeededRandom random, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)random.NextGaussian();
        }
    }

    private sealed class JointNoise(NoiseFamily family) : JointData
    {
        public override int ClassCount => family.IsClassification ? family.ways : 0;

        public override int ItemCount => family.IsClassification ? family.ways : 0;

        public override void Fill(int index, Span<float> x) => NoiseFamily.Fill(new SeededRandom(0, (ulong)index), x);

        public override int Label(int index) => index;

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            NoiseFamily.Fill(random, x);
            if (family.IsClassification)
            {
                y[0] = random.NextInt(family.ways);
            }
            else
            {
                NoiseFamily.Fill(random, y);
            }
        }
    }
}
