using System.Runtime.InteropServices;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>The tensors of a layout in one pinned block, each as an <see cref="OrtValue"/> that ONNX Runtime reads and writes in place.</summary>
internal sealed class TensorSet : IDisposable
{
    private readonly float[] _block;
    private readonly int _start;

    internal TensorSet(TensorLayout layout)
    {
        Layout = layout;
        _block = GC.AllocateArray<float>(layout.Length + TensorLayout.Alignment, pinned: true);
        long address = Marshal.UnsafeAddrOfPinnedArrayElement(_block, 0);
        const int Boundary = TensorLayout.Alignment * sizeof(float);
        _start = (int)((Boundary - (address % Boundary)) % Boundary / sizeof(float));
        Values = Array.ConvertAll(
            layout.Entries,
            entry =>
                OrtValue.CreateTensorValueFromMemory(
                    OrtMemoryInfo.DefaultInstance,
                    MemoryMarshal.CreateFromPinnedArray(_block, _start + entry.Offset, entry.Count),
                    entry.LongShape
                )
        );
    }

    /// <summary>A set of one tensor.</summary>
    internal TensorSet(string name, params int[] shape)
        : this(new TensorLayout([(name, shape)])) { }

    internal TensorLayout Layout { get; }

    internal OrtValue[] Values { get; }

    /// <summary>The whole block, padding included.</summary>
    internal Span<float> All => _block.AsSpan(_start, Layout.Length);

    internal Span<float> this[int index] => _block.AsSpan(_start + Layout.Entries[index].Offset, Layout.Entries[index].Count);

    internal void CopyFrom(TensorSet other) => other.All.CopyTo(All);

    /// <summary>Copies named tensors in; the caller has checked the shapes.</summary>
    internal void Set(string name, FloatTensor tensor) => tensor.Values.CopyTo(this[Layout.IndexOf(name)]);

    internal FloatTensor Get(int index) => new(Layout.Entries[index].Shape, this[index].ToArray());

    internal Dictionary<string, FloatTensor> ToDictionary() =>
        Enumerable.Range(0, Layout.Entries.Length).ToDictionary(i => Layout.Entries[i].Name, Get, StringComparer.Ordinal);

    /// <summary>The first number that is not finite, with its tensor's name; null where all are.</summary>
    internal (string Name, float Value)? NotFinite()
    {
        for (int i = 0; i < Layout.Entries.Length; i++)
        {
            foreach (float value in this[i])
            {
                if (!float.IsFinite(value))
                {
                    return (Layout.Entries[i].Name, value);
                }
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (OrtValue value in Values)
        {
            value.Dispose();
        }
    }
}
