using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.TestSupport;

/// <summary>Tasks of a language model: examples of one class of codes, whose targets are the next code of each position, 0 behind the last.</summary>
internal sealed class NextCodeTasks(ITaskFamily family) : ITaskFamily
{
    public string Name => family.Name;

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape => family.InputShape;

    public int OutputCount => family.InputShape[0];

    public string DataHash => family.DataHash;

    public IReadOnlyList<string> Licences => family.Licences;

    public Preprocessing Preprocessing => Preprocessing.None;

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        Episode episode = family.Sample(split, shape, random);
        return new Episode
        {
            SupportX = episode.SupportX,
            SupportY = Next(episode.SupportX),
            QueryX = episode.QueryX,
            QueryY = Next(episode.QueryX),
        };
    }

    public JointData Joint(Split split) => new Joined(family.Joint(split));

    private static FloatTensor Next(FloatTensor x)
    {
        float[] values = new float[x.Count];
        for (int i = 0; i < x.Shape[0]; i++)
        {
            Shift(x.Values.AsSpan(i * x.Shape[1], x.Shape[1]), values.AsSpan(i * x.Shape[1], x.Shape[1]));
        }

        return new FloatTensor([.. x.Shape], values);
    }

    private static void Shift(ReadOnlySpan<float> x, Span<float> y)
    {
        x[1..].CopyTo(y);
        y[^1] = 0;
    }

    private sealed class Joined(JointData all) : JointData
    {
        public override int ClassCount => 0;

        public override int ItemCount => 0;

        public override void Fill(int index, Span<float> x) => throw new NotSupportedException();

        public override int Label(int index) => throw new NotSupportedException();

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            all.Sample(random, x, new float[1]);
            Shift(x, y);
        }
    }
}
