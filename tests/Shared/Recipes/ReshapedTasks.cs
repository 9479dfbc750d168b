using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.TestSupport;

/// <summary>Tasks of another family whose inputs are some of the numbers of its own, changed one by one.</summary>
/// <param name="family">The other family.</param>
/// <param name="shape">Shape of an input.</param>
/// <param name="step">Every so many of the numbers.</param>
/// <param name="change">From a number and its place to the one that stands there.</param>
internal sealed class ReshapedTasks(ITaskFamily family, int[] shape, int step, Func<float, int, float> change) : ITaskFamily
{
    public string Name => family.Name;

    public bool IsClassification => family.IsClassification;

    public IReadOnlyList<int> InputShape => shape;

    public int OutputCount => family.OutputCount;

    public string DataHash => family.DataHash;

    public IReadOnlyList<string> Licences => family.Licences;

    public Preprocessing Preprocessing => Preprocessing.None;

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        Episode episode = family.Sample(split, shape, random);
        return new Episode
        {
            SupportX = Changed(episode.SupportX),
            SupportY = episode.SupportY,
            QueryX = Changed(episode.QueryX),
            QueryY = episode.QueryY,
            Classes = episode.Classes,
        };
    }

    public JointData Joint(Split split) => new Reshaped(this, family.Joint(split));

    private FloatTensor Changed(FloatTensor x)
    {
        int items = x.Shape[0];
        float[] values = new float[items * count];
        for (int i = 0; i < items; i++)
        {
            Change(x.Values.AsSpan(i * x.Count / items, x.Count / items), values.AsSpan(i * count, count));
        }

        return new FloatTensor([items, .. shape], values);
    }

    private readonly int count = shape.Aggregate(1, (a, d) => a * d);

    private void Change(ReadOnlySpan<float> from, Span<float> to)
    {
        for (int i = 0; i < count; i++)
        {
            to[i] = change(from[i * step], i);
        }
    }

    private sealed class Reshaped(ReshapedTasks tasks, JointData all) : JointData
    {
        private readonly int size = tasks.FullCount;

        public override int ClassCount => all.ClassCount;

        public override int ItemCount => all.ItemCount;

        public override void Fill(int index, Span<float> x)
        {
            float[] own = new float[size];
            all.Fill(index, own);
            tasks.Change(own, x);
        }

        public override int Label(int index) => all.Label(index);

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            float[] own = new float[size];
            all.Sample(random, own, y);
            tasks.Change(own, x);
        }
    }

    private int FullCount => family.InputShape.Aggregate(1, (a, d) => a * d);
}
