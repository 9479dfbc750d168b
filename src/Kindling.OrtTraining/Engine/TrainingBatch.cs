using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>Checked examples as the training model takes them.</summary>
internal sealed class TrainingBatch
{
    private readonly SupportSet _examples;

    /// <summary>Checks examples against the model and a learner's heads.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    internal TrainingBatch(BundleManifest manifest, Heads present, SupportSet examples)
    {
        int count = InputCheck.Examples(manifest, examples, nameof(examples));
        _examples = examples;
        Inputs = examples.Inputs;
        Heads = present.With(manifest, examples.Classes);
        Mask = Heads.Mask();
        if (examples.Targets is not null)
        {
            DetectionGrid? grid = manifest.IsDetection ? manifest.ForObjects() : null;
            Targets = new FloatTensor([count, manifest.Output.TargetLength], examples.TargetsFor(Heads, grid).Values);
        }
        else
        {
            Labels = Heads.LabelsOf(examples);
        }
    }

    /// <summary>What each update of a step reads, in order; the last part is as large as what is left. All of it where the rule takes examples at once.</summary>
    internal IReadOnlyList<TrainingBatch> Parts(BundleManifest manifest) =>
        manifest.InnerRule.Batch is { } size && size < _examples.Count
            ?
            [
                .. Enumerable
                    .Range(0, _examples.Count)
                    .Chunk(size)
                    .Select(examples => new TrainingBatch(manifest, Heads, _examples.Choose(examples))),
            ]
            : [this];

    /// <summary>The inputs, <c>[n, ...]</c>.</summary>
    internal FloatTensor Inputs { get; }

    /// <summary>The head slot of each example, <c>[n]</c>; null in regression.</summary>
    internal long[]? Labels { get; }

    /// <summary>The targets, <c>[n, outputs]</c>; null in classification.</summary>
    internal FloatTensor? Targets { get; }

    /// <summary>Which head slots count.</summary>
    internal float[] Mask { get; }

    /// <summary>The heads with the classes of these examples.</summary>
    internal Heads Heads { get; }
}
