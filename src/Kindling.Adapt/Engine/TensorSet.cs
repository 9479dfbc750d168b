using System.Runtime.InteropServices;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// The tensors of a layout in one pinned block, each as an <see cref="OrtValue"/> that ONNX Runtime reads and writes in place. With a device's memory the values
/// are there and the block is a copy: brought up to date when it is read, sent by <see cref="Send"/>.
/// </summary>
internal sealed class TensorSet : IDisposable
{
    private readonly float[] _block;
    private readonly int _start;
    private readonly DeviceMemory? _memory;
    private readonly OrtValue[] _host;
    private bool _isBehind;

    internal TensorSet(TensorLayout layout, DeviceMemory? memory = null)
    {
        Layout = layout;
        _memory = memory;
        _block = GC.AllocateArray<float>(layout.Length + TensorLayout.Alignment, pinned: true);
        long address = Marshal.UnsafeAddrOfPinnedArrayElement(_block, 0);
        const int Boundary = TensorLayout.Alignment * sizeof(float);
        _start = (int)((Boundary - (address % Boundary)) % Boundary / sizeof(float));
        _host = Array.ConvertAll(
            layout.Entries,
            entry =>
                OrtValue.CreateTensorValueFromMemory(
                    OrtMemoryInfo.DefaultInstance,
                    MemoryMarshal.CreateFromPinnedArray(_block, _start + entry.Offset, entry.Count),
                    entry.LongShape
                )
        );
        Values = memory is null ? _host : memory.Allocate(layout.Entries.Select(entry => entry.LongShape));
    }

    /// <summary>A set of one tensor.</summary>
    internal TensorSet(string name, params int[] shape)
        : this(new TensorLayout([(name, shape)])) { }

    /// <summary>A set of one tensor in a device's memory.</summary>
    internal TensorSet(DeviceMemory? memory, string name, params int[] shape)
        : this(new TensorLayout([(name, shape)]), memory) { }

    /// <summary>Several sets of one layout, or none where there is no memory for all.</summary>
    internal static TensorSet[] Several(int count, TensorLayout layout, DeviceMemory? memory)
    {
        List<TensorSet> sets = [];
        try
        {
            while (sets.Count < count)
            {
                sets.Add(new TensorSet(layout, memory));
            }

            return [.. sets];
        }
        catch
        {
            sets.ForEach(set => set.Dispose());
            throw;
        }
    }

    internal TensorLayout Layout { get; }

    internal OrtValue[] Values { get; }

    /// <summary>The whole block, padding included.</summary>
    internal Span<float> All => Block().AsSpan(_start, Layout.Length);

    internal Span<float> this[int index] => Block().AsSpan(_start + Layout.Entries[index].Offset, Layout.Entries[index].Count);

    internal void CopyFrom(TensorSet other)
    {
        _isBehind = false;
        other.All.CopyTo(All);
    }

    /// <summary>Brings what was written to the block to where ONNX Runtime reads it.</summary>
    internal void Send()
    {
        _memory?.Copy(_host, Values);
        _isBehind = false;
    }

    /// <summary>To be called when ONNX Runtime has written to the values.</summary>
    internal void Written() => _isBehind = _memory is not null;

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
        foreach (OrtValue value in _memory is null ? _host : [.. _host, .. Values])
        {
            value.Dispose();
        }
    }

    private float[] Block()
    {
        if (_isBehind)
        {
            _memory!.Copy(Values, _host);
            _isBehind = false;
        }

        return _block;
    }
}
