using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>One point of an inner loop; valid only during the call that hands it over.</summary>
public sealed class InnerPoint
{
    private readonly Snapshot _snapshot;

    internal InnerPoint(Snapshot snapshot, int step, float loss)
    {
        _snapshot = snapshot;
        Step = step;
        Loss = loss;
    }

    /// <summary>Steps done.</summary>
    public int Step { get; }

    /// <summary>Mean loss of the support set here.</summary>
    public float Loss { get; }

    /// <summary>A copy of the adapted parameters and statistics here, by name.</summary>
    public IReadOnlyDictionary<string, FloatTensor> Parameters() => _snapshot.Delta.ToDictionary();

    /// <summary>Raw outputs <c>[n, slots]</c>, each input by itself.</summary>
    public FloatTensor OutputsInductive(FloatTensor inputs) => Inductive(_snapshot, inputs, Check(inputs));

    /// <summary>Raw outputs <c>[n, slots]</c> with the statistics of this batch, where the network has any.</summary>
    public FloatTensor OutputsTransductive(FloatTensor inputs) => Inference.OutputsTransductive(_snapshot, inputs, Check(inputs));

    /// <summary>What the head sees, <c>[n, features]</c>, in one run.</summary>
    public FloatTensor Features(FloatTensor inputs) => Inference.Features(_snapshot, inputs, Check(inputs));

    /// <summary>One run gives the same as n single ones, unless the network normalises by its batch.</summary>
    internal static FloatTensor Inductive(Snapshot snapshot, FloatTensor inputs, int batch, int? most = null) =>
        snapshot.Engine.Manifest.Normalization == "batch"
            ? Inference.OutputsOneByOne(snapshot, inputs, batch)
            : Inference.Outputs(snapshot, inputs, batch, most);

    private int Check(FloatTensor inputs) => InputCheck.FiniteBatch(_snapshot.Engine.Manifest, inputs, single: false, nameof(inputs));
}
