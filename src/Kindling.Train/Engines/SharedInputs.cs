using System.Runtime.InteropServices;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Train.Engines;

/// <summary>What all tasks of an iteration read: the learned tensors, and the phase's numbers where it has any.</summary>
internal sealed class SharedInputs : IDisposable
{
    private readonly GCHandle[] pins;

    public SharedInputs(IReadOnlyList<FloatTensor> learned, float[] weights)
    {
        IEnumerable<FloatTensor> all = weights.Length == 0 ? learned : learned.Append(new FloatTensor([weights.Length], weights));
        FloatTensor[] tensors = [.. all];
        pins = Array.ConvertAll(tensors, t => GCHandle.Alloc(t.Values, GCHandleType.Pinned));
        Values = Array.ConvertAll(tensors, t => OrtValue.CreateTensorValueFromMemory(t.Values, [.. t.Shape.Select(d => (long)d)]));
    }

    /// <summary>In the order of a compiled program's first inputs.</summary>
    public IReadOnlyList<OrtValue> Values { get; }

    public void Dispose()
    {
        foreach (OrtValue value in Values)
        {
            value.Dispose();
        }

        foreach (GCHandle pin in pins)
        {
            pin.Free();
        }
    }
}
