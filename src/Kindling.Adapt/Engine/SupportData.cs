using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>A checked support set as ONNX Runtime takes it, without a copy of the inputs.</summary>
internal sealed class SupportData : IDisposable
{
    private SupportData(BundleManifest manifest, FloatTensor inputs, OrtValue labels, TensorSet? mask, Heads heads)
    {
        // One input per row: the shape without a batch is the manifest's.
        Inputs = OrtValue.CreateTensorValueFromMemory(
            inputs.Values,
            [inputs.Shape[0], .. manifest.Input.Shape.Skip(1).Select(size => (long)size!.Value)]
        );
        Count = inputs.Shape[0];
        Labels = labels;
        MaskSet = mask;
        Heads = heads;
    }

    /// <summary>Examples.</summary>
    internal int Count { get; }

    internal OrtValue Inputs { get; }

    internal OrtValue Labels { get; }

    internal OrtValue? Mask => MaskSet?.Values[0];

    /// <summary>The heads with the classes of this support set.</summary>
    internal Heads Heads { get; }

    private TensorSet? MaskSet { get; }

    /// <summary>Checks a support set against the model and a learner's present heads.</summary>
    internal static SupportData Create(BundleManifest manifest, Heads present, SupportSet support)
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
            OrtValue labels = OrtValue.CreateTensorValueFromMemory(heads.LabelsOf(support), [count]);
            return new SupportData(manifest, support.Inputs, labels, MaskOf(heads), heads);
        }

        OrtValue y = OrtValue.CreateTensorValueFromMemory(support.Targets!.Values, [count, manifest.Output.Count]);
        return new SupportData(manifest, support.Inputs, y, mask: null, present);
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
                OrtValue.CreateTensorValueFromMemory(new float[(long)count * manifest.Output.Count], [count, manifest.Output.Count]),
                mask: null,
                heads
            );
    }

    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
        MaskSet?.Dispose();
    }

    private static TensorSet MaskOf(Heads heads)
    {
        TensorSet mask = new(GraphSignature.Mask, heads.Slots);
        heads.Mask().CopyTo(mask[0]);
        return mask;
    }
}
