using Kindling.Bundles;

namespace Kindling.Tasks.Families;

/// <summary>
/// Sinusoids that are shown instead of labelled. An input is (x, seen). In the support set seen = y / 2 + d, the curve as another domain shows it: at half its
/// height, and d, uniform in [-1, 1], is an offset that all examples of the task share; in the query set seen = 0. Whoever reads the support inputs in order
/// can find the curve without any label. The support set has its labels all the same, for comparison.
/// </summary>
internal sealed class DemonstrationFamily : ITaskFamily
{
    private const int Width = 2;
    private readonly SinusoidFamily curves = new();

    public string Name => "demonstration";

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape { get; } = [Width];

    public int OutputCount => curves.OutputCount;

    public string DataHash { get; } =
        ContentHash.OfText("demonstration 1: sinusoid 1, inputs (x, y / 2 + d), d in [-1, 1], where shown and (x, 0) where asked");

    public IReadOnlyList<string> Licences => [];

    public Preprocessing Preprocessing { get; } = Preprocessing.ForTable(TablePreprocessing.Plain("x", "seen"));

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Episode curve = curves.Sample(split, shape, random);
        float offset = random.NextSingle(-1, 1);
        return new Episode
        {
            SupportX = Inputs(curve.SupportX, i => (curve.SupportY.Values[i] / 2) + offset),
            SupportY = curve.SupportY,
            QueryX = Inputs(curve.QueryX, _ => 0),
            QueryY = curve.QueryY,
        };
    }

    public JointData Joint(Split split) => new Asked(curves.Joint(split));

    private static FloatTensor Inputs(FloatTensor x, Func<int, float> seen) =>
        new([x.Count, Width], [.. x.Values.SelectMany((value, i) => new[] { value, seen(i) })]);

    /// <summary>The pooled points as a query set has them.</summary>
    private sealed class Asked(JointData curves) : JointData
    {
        public override int ClassCount => curves.ClassCount;

        public override int ItemCount => curves.ItemCount;

        public override void Fill(int index, Span<float> x) => curves.Fill(index, x);

        public override int Label(int index) => curves.Label(index);

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            curves.Sample(random, x[..1], y);
            x[1] = 0;
        }
    }
}
