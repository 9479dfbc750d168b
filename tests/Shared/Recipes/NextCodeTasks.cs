using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.TestSupport;

/// <summary>Tasks of a language model: examples of one class of codes, whose targets are the next code of each position, 0 behind the last.</summary>
/// <param name="family">Where the codes come from.</param>
/// <param name="copies">Codes that may be copied, at each position those of so many positions before it.</param>
internal sealed class NextCodeTasks(ITaskFamily family, int copies = 0) : ITaskFamily
{
    private readonly int length = family.InputShape[0];

    public string Name => family.Name;

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape => copies == 0 ? [length] : [length, 1 + copies];

    public int OutputCount => length;

    public string DataHash => family.DataHash;

    public IReadOnlyList<string> Licences => family.Licences;

    public Preprocessing Preprocessing => Preprocessing.None;

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        Episode episode = family.Sample(split, shape, random);
        return new Episode
        {
            SupportX = Shown(episode.SupportX),
            SupportY = Next(episode.SupportX),
            QueryX = Shown(episode.QueryX),
            QueryY = Next(episode.QueryX),
        };
    }

    public JointData Joint(Split split) => new Joined(this, family.Joint(split));

    private FloatTensor Shown(FloatTensor x)
    {
        float[] values = new float[x.Count * (1 + copies)];
        for (int i = 0; i < x.Shape[0]; i++)
        {
            Show(x.Values.AsSpan(i * length, length), values.AsSpan(i * length * (1 + copies), length * (1 + copies)));
        }

        return new FloatTensor([x.Shape[0], .. InputShape], values);
    }

    private void Show(ReadOnlySpan<float> codes, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            (int position, int before) = (i / (1 + copies), i % (1 + copies));
            x[i] = position >= before ? codes[position - before] : 0;
        }
    }

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

    private sealed class Joined(NextCodeTasks tasks, JointData all) : JointData
    {
        public override int ClassCount => 0;

        public override int ItemCount => 0;

        public override void Fill(int index, Span<float> x) => throw new NotSupportedException();

        public override int Label(int index) => throw new NotSupportedException();

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            float[] codes = new float[tasks.length];
            all.Sample(random, codes, new float[1]);
            tasks.Show(codes, x);
            Shift(codes, y);
        }
    }
}
