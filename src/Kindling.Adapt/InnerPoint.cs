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
    /// <exception cref="ObjectDisposedException">The call that handed the point over has returned.</exception>
    public IReadOnlyDictionary<string, FloatTensor> Parameters() => Read(snapshot => snapshot.Delta.ToDictionary());

    /// <summary>Raw outputs <c>[n, slots]</c>, each input by itself.</summary>
    /// <exception cref="ObjectDisposedException">The call that handed the point over has returned.</exception>
    public FloatTensor OutputsInductive(FloatTensor inputs) => Read(snapshot => Inductive(snapshot, inputs, Check(inputs)));

    /// <summary>Raw outputs <c>[n, slots]</c> with the statistics of this batch, where the network has any.</summary>
    /// <exception cref="ObjectDisposedException">The call that handed the point over has returned.</exception>
    public FloatTensor OutputsTransductive(FloatTensor inputs) =>
        Read(snapshot => Inference.OutputsTransductive(snapshot, inputs, Check(inputs)));

    /// <summary>What the head sees, <c>[n, features]</c>, in one run.</summary>
    /// <exception cref="ObjectDisposedException">The call that handed the point over has returned.</exception>
    public FloatTensor Features(FloatTensor inputs) => Read(snapshot => Inference.Features(snapshot, inputs, Check(inputs)));

    /// <summary>One run gives the same as n single ones, unless the network normalises by its batch.</summary>
    internal static FloatTensor Inductive(Snapshot snapshot, FloatTensor inputs, int batch, int? most = null) =>
        snapshot.Engine.Manifest.Normalization == "batch"
            ? Inference.OutputsOneByOne(snapshot, inputs, batch)
            : Inference.Outputs(snapshot, inputs, batch, most);

    private T Read<T>(Func<Snapshot, T> read)
    {
        if (!_snapshot.TryAcquire())
        {
            throw new ObjectDisposedException(
                nameof(InnerPoint),
                "A point of an inner loop is valid only during the call that hands it over."
            );
        }

        try
        {
            return read(_snapshot);
        }
        finally
        {
            _snapshot.Release();
        }
    }

    private int Check(FloatTensor inputs) => InputCheck.FiniteBatch(_snapshot.Engine.Manifest, inputs, single: false, nameof(inputs));
}
