using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Tasks;
using Kindling.Train.Torch;

namespace Kindling.Train.Meta;

/// <summary>
/// Tasks as the trained part of a network sees them: their inputs have been through what stands before its first trained weight. That runs on each example by
/// itself, once for each example that there is and not in every step of every episode, which makes a frozen backbone cheap.
/// </summary>
internal sealed class FrozenTasks : ITaskFamily, IDisposable
{
    // 512 MB of features are kept; beyond that they are computed again.
    private const long MostValues = 1 << 27;

    private readonly ITaskFamily tasks;
    private readonly TorchInterpreter backbone;
    private readonly ConcurrentDictionary<UInt128, float[]> known = [];
    private readonly int size;

    private FrozenTasks(ITaskFamily tasks, Graph backbone)
    {
        this.tasks = tasks;
        this.backbone = new TorchInterpreter(backbone);
        InputShape = [.. backbone.Outputs[0].Shape.Skip(1).Select(d => (int)d.Size)];
        size = InputShape.Aggregate(1, (product, d) => product * d);
    }

    public string Name => tasks.Name;

    public bool IsClassification => tasks.IsClassification;

    public IReadOnlyList<int> InputShape { get; }

    public int OutputCount => tasks.OutputCount;

    public string DataHash => tasks.DataHash;

    public IReadOnlyList<string> Licences => tasks.Licences;

    public Preprocessing Preprocessing => tasks.Preprocessing;

    /// <summary>
    /// The trained part of a network and the tasks as it sees them. Both as they came where no frozen part stands before it, where it reads more than one value
    /// of that, or where that has parameters, whose values come later.
    /// </summary>
    public static (NetworkGraphs Network, ITaskFamily Tasks) Split(NetworkGraphs network, ITaskFamily tasks)
    {
        FrozenPrefix? prefix = FrozenPrefix.Of(network);
        if (prefix is not { Backbone: { Inputs.Count: 1, Outputs: [var kept] } })
        {
            return (network, tasks);
        }

        Graph support = AsInput(prefix.Rest.Support, kept.Name);
        Graph infer = ReferenceEquals(prefix.Rest.Support, prefix.Rest.Infer) ? support : AsInput(prefix.Rest.Infer, kept.Name);
        return (
            new NetworkGraphs
            {
                Support = support,
                Infer = infer,
                Parameters = network.Parameters,
                Statistics = network.Statistics,
                Normalization = network.Normalization,
            },
            new FrozenTasks(tasks, prefix.Backbone)
        );
    }

    /// <summary>An episode of the original tasks as these tasks show it.</summary>
    public static Episode Seen(ITaskFamily tasks, Episode episode) => tasks is FrozenTasks frozen ? frozen.Seen(episode) : episode;

    /// <summary>Pooled examples of the original tasks as these tasks show them.</summary>
    public static JointData Seen(ITaskFamily tasks, JointData data) => tasks is FrozenTasks frozen ? new Pooled(frozen, data) : data;

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random) => Seen(tasks.Sample(split, shape, random));

    public JointData Joint(Split split) => new Pooled(this, tasks.Joint(split));

    public void Dispose() => backbone.Dispose();

    private Episode Seen(Episode episode) =>
        new()
        {
            SupportX = Features(episode.SupportX),
            SupportY = episode.SupportY,
            QueryX = Features(episode.QueryX),
            QueryY = episode.QueryY,
            Classes = episode.Classes,
            SupportTexts = episode.SupportTexts,
            QueryTexts = episode.QueryTexts,
        };

    private FloatTensor Features(FloatTensor x)
    {
        int count = x.Shape[0];
        float[] features = new float[count * size];
        for (int i = 0; i < count; i++)
        {
            Fill(x.Values.AsSpan(i * (x.Count / count), x.Count / count), features.AsSpan(i * size, size));
        }

        return new FloatTensor([count, .. InputShape], features);
    }

    private void Fill(ReadOnlySpan<float> x, Span<float> features)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _ = SHA256.HashData(MemoryMarshal.AsBytes(x), hash);
        UInt128 key = BinaryPrimitives.ReadUInt128LittleEndian(hash);
        if (!known.TryGetValue(key, out float[]? values))
        {
            values = Run(x);
            if ((long)known.Count * size < MostValues)
            {
                _ = known.TryAdd(key, values);
            }
        }

        values.CopyTo(features);
    }

    private float[] Run(ReadOnlySpan<float> x)
    {
        using IDisposable scope = TorchWork.Enter();
        using IDisposable constant = TorchSharp.torch.no_grad();
        int[] shape = [1, .. tasks.InputShape];
        Tensor[] outputs = backbone.Run(TorchTensors.From(new FloatTensor(shape, x.ToArray())));
        return TorchTensors.ToHost(outputs[0]).Values;
    }

    // The same graph with the value that crossed as its x.
    private static Graph AsInput(Graph rest, string kept)
    {
        GraphBuilder b = new(rest.Name);
        Dictionary<string, Value> inputs = rest.Inputs.ToDictionary(
            v => v.Name,
            v => b.Input(v.Name == kept ? "x" : v.Name, v.Type, v.Shape),
            StringComparer.Ordinal
        );
        IReadOnlyDictionary<string, Value> values = b.Inline(rest, inputs);
        foreach (Value output in rest.Outputs)
        {
            _ = b.Output(values[output.Name], output.Name);
        }

        return b.Graph;
    }

    private sealed class Pooled(FrozenTasks frozen, JointData data) : JointData
    {
        public override int ClassCount => data.ClassCount;

        public override int ItemCount => data.ItemCount;

        public override void Fill(int index, Span<float> x)
        {
            float[] raw = new float[Width];
            data.Fill(index, raw);
            frozen.Fill(raw, x);
        }

        public override int Label(int index) => data.Label(index);

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            float[] raw = new float[Width];
            data.Sample(random, raw, y);
            frozen.Fill(raw, x);
        }

        private int Width => frozen.tasks.InputShape.Aggregate(1, (product, d) => product * d);
    }
}
