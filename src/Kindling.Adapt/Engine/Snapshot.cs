using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// The parameters of a learner at one moment: written once, then only read, by any number of predictions. A small pool keeps small prediction buffers
/// that are bound to these parameters.
/// </summary>
internal sealed class Snapshot : RefCounted
{
    private static readonly int MostContexts = Environment.ProcessorCount;

    private readonly Lock _lock = new();
    private readonly Stack<InferContext> _contexts = new(MostContexts);
    private int _kept = MostContexts;

    /// <summary>Copies <paramref name="delta"/>, unless it is the start's own, which nobody writes to: a learner that never adapted takes no memory for it.</summary>
    internal Snapshot(StartPoint start, TensorSet delta, Heads heads, int steps, ImageInversion? invert = null)
    {
        Invert = invert;
        Start = Hold(start);
        Heads = heads;
        Steps = steps;
        Delta = delta;
        if (!ReferenceEquals(delta, start.Delta))
        {
            Delta = new TensorSet(start.Engine.Delta);
            Delta.CopyFrom(delta);
        }

        Mask = new TensorSet(GraphSignature.Mask, heads.Slots);
        heads.Mask().CopyTo(Mask[0]);
    }

    internal StartPoint Start { get; }

    internal Engine Engine => Start.Engine;

    internal TensorSet Delta { get; }

    internal TensorSet Mask { get; }

    internal Heads Heads { get; }

    internal int Steps { get; }

    /// <summary>How pictures are inverted; null: as the bundle says.</summary>
    internal ImageInversion? Invert { get; }

    /// <summary>A prediction buffer for a batch; give it back with <see cref="Return"/>. The caller holds a reference to this snapshot.</summary>
    internal InferContext Rent(int batch)
    {
        InferContext? context;
        lock (_lock)
        {
            _contexts.TryPop(out context);
        }

        context ??= new InferContext(this);
        try
        {
            context.SetBatch(batch);
            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    internal void Return(InferContext context)
    {
        lock (_lock)
        {
            if (context.IsSmall && _contexts.Count < _kept)
            {
                _contexts.Push(context);
                return;
            }
        }

        context.Dispose();
    }

    /// <summary>Whether to keep prediction buffers; without, a state that nobody predicts with takes no more than its parameters.</summary>
    internal void KeepContexts(bool keep)
    {
        lock (_lock)
        {
            _kept = keep ? MostContexts : 0;
            while (_contexts.Count > _kept)
            {
                _contexts.Pop().Dispose();
            }
        }
    }

    protected override void Free()
    {
        KeepContexts(false);
        Mask.Dispose();
        if (!ReferenceEquals(Delta, Start.Delta))
        {
            Delta.Dispose();
        }

        Start.Release();
    }
}
