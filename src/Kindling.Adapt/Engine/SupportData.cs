using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>A checked support set as ONNX Runtime takes it, without a copy of the inputs.</summary>
internal sealed class SupportData : IDisposable
{
    private readonly string _inputName;

    /// <summary>What a backbone makes of all examples (-1) and of parts of them, for the start that it was computed with.</summary>
    private readonly Dictionary<int, TensorSet> _kept = [];
    private StartPoint? _keptFor;

    private SupportData(
        BundleManifest manifest,
        FloatTensor inputs,
        OrtValue labels,
        TensorSet? mask,
        Heads heads,
        Func<int, int, OrtValue>? partOfLabels = null,
        int? microBatch = null,
        Func<int, int, int>? counted = null
    )
    {
        _inputName = manifest.Input.Name;

        // One input per row: the shape without a batch is the manifest's.
        Inputs = OrtValue.CreateTensorValueFromMemory(
            inputs.Values,
            [inputs.Shape[0], .. manifest.Input.Shape.Skip(1).Select(size => (long)size!.Value)]
        );
        Count = inputs.Shape[0];
        IsAccumulated = microBatch < Count;
        Labels = labels;
        MaskSet = mask;
        Heads = heads;
        Parts = partOfLabels is null
            ? []
            :
            [
                .. Ranges(microBatch ?? manifest.InnerRule.Batch, Count)
                    .Select(r => (Part(manifest, inputs, r), partOfLabels(r.From, r.Count))),
            ];
        counted ??= (_, size) => size;
        Shares =
        [
            .. Ranges(microBatch ?? manifest.InnerRule.Batch, Count).Select(r => (double)counted(r.From, r.Count) / counted(0, Count)),
        ];
    }

    /// <summary>Whether the gradients of the <see cref="Parts"/> are summed for one update, in place of an update by each.</summary>
    internal bool IsAccumulated { get; }

    /// <summary>Examples.</summary>
    internal int Count { get; }

    internal OrtValue Inputs { get; }

    /// <summary>What each update of a step reads, in order, or each part of one; empty where one update reads all examples at once.</summary>
    internal IReadOnlyList<(OrtValue Inputs, OrtValue Labels)> Parts { get; }

    /// <summary>The share of each of the <see cref="Parts"/> in the mean loss: that of its examples, of a language model that of its targets.</summary>
    internal IReadOnlyList<double> Shares { get; }

    internal OrtValue Labels { get; }

    internal OrtValue? Mask => MaskSet?.Values[0];

    /// <summary>The heads with the classes of this support set.</summary>
    internal Heads Heads { get; }

    private TensorSet? MaskSet { get; }

    /// <summary>
    /// What the graphs read of the examples, or of one of the <see cref="Parts"/>: the inputs themselves, or what the backbone makes of them, which is computed
    /// when it is first asked for and then kept.
    /// </summary>
    internal IEnumerable<(string Name, OrtValue Value)> Read(StartPoint start, RunOptions options, int part = -1)
    {
        OrtValue inputs = part < 0 ? Inputs : Parts[part].Inputs;
        if (start.Engine.Backbone is not { } backbone)
        {
            return [(_inputName, inputs)];
        }

        if (!ReferenceEquals(start, _keptFor))
        {
            Forget();
            _keptFor = start;
        }

        if (!_kept.TryGetValue(part, out TensorSet? kept))
        {
            _kept[part] = kept = backbone.Of(inputs, (int)inputs.GetTensorTypeAndShape().Shape[0], start, options);
        }

        return kept.Layout.Entries.Zip(kept.Values, (entry, value) => (entry.Name, value));
    }

    /// <summary>Checks a support set against the model and a learner's present heads.</summary>
    internal static SupportData Create(BundleManifest manifest, Heads present, SupportSet support, int? microBatch = null)
    {
        int count = InputCheck.Examples(manifest, support, nameof(support));
        if (manifest.InnerRule.Examples is { } expected && expected != count)
        {
            throw new ArgumentException(
                $"Adaptation of '{manifest.Name}' reads {expected} examples, in order, to learn from; there are {count}.",
                nameof(support)
            );
        }

        if (support.Labels is not null)
        {
            Heads heads = present.With(manifest, support.Classes);
            long[] slots = heads.LabelsOf(support);
            return new SupportData(
                manifest,
                support.Inputs,
                Of(slots, 0, [count]),
                MaskOf(heads),
                heads,
                (from, size) => Of(slots, from, [size]),
                microBatch
            );
        }

        // a detector's support set has classes too, or came as targets
        Heads named = support.Objects is null ? present : present.With(manifest, support.Classes);
        float[] targets = support.TargetsFor(named, manifest.IsDetection ? manifest.ForObjects() : null).Values;
        int outputs = manifest.Output.TargetLength;
        return new SupportData(
            manifest,
            support.Inputs,
            Of(targets, 0, [count, outputs]),
            mask: null,
            named,
            (from, size) => Of(targets, from * outputs, [size, outputs]),
            microBatch,
            manifest.IsLanguage
                ? (from, size) =>
                    targets.AsSpan(from * outputs, size * outputs).Length - targets.AsSpan(from * outputs, size * outputs).Count(0f)
                : null
        );
    }

    /// <summary>Inputs without labels, for the statistics of a batch: the labels are zeros, and the loss says nothing.</summary>
    internal static SupportData Unlabelled(BundleManifest manifest, Heads heads, FloatTensor inputs)
    {
        int count = inputs.Shape[0];
        return manifest.IsClassification
            ? new SupportData(manifest, inputs, OrtValue.CreateTensorValueFromMemory(new long[count], [count]), MaskOf(heads), heads)
            : new SupportData(
                manifest,
                inputs,
                OrtValue.CreateTensorValueFromMemory(
                    new float[(long)count * manifest.Output.TargetLength],
                    [count, manifest.Output.TargetLength]
                ),
                mask: null,
                heads
            );
    }

    public void Dispose()
    {
        Forget();
        Inputs.Dispose();
        Labels.Dispose();
        MaskSet?.Dispose();
        foreach ((OrtValue inputs, OrtValue labels) in Parts)
        {
            inputs.Dispose();
            labels.Dispose();
        }
    }

    private void Forget()
    {
        foreach (TensorSet kept in _kept.Values)
        {
            kept.Dispose();
        }

        _kept.Clear();
    }

    /// <summary>Parts of a number of examples, the last one as large as what is left; none where one part would be all.</summary>
    private static IEnumerable<(int From, int Count)> Ranges(int? batch, int count) =>
        batch is { } size && size < count
            ? Enumerable.Range(0, (count + size - 1) / size).Select(i => (i * size, Math.Min(size, count - (i * size))))
            : [];

    private static OrtValue Part(BundleManifest manifest, FloatTensor inputs, (int From, int Count) range)
    {
        int length = inputs.Count / inputs.Shape[0];
        return Of(inputs.Values, range.From * length, [range.Count, .. manifest.Input.Shape.Skip(1).Select(size => (long)size!.Value)]);
    }

    private static OrtValue Of<T>(T[] values, int from, long[] shape)
        where T : unmanaged =>
        OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            values.AsMemory(from, (int)shape.Aggregate(1L, (product, size) => product * size)),
            shape
        );

    private static TensorSet MaskOf(Heads heads)
    {
        TensorSet mask = new(GraphSignature.Mask, heads.Slots);
        heads.Mask().CopyTo(mask[0]);
        return mask;
    }
}
