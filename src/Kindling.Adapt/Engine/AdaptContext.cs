using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// Buffers of a running adaptation: two sets of parameters and optimiser state in turn. Step k reads set k mod 2 and writes the other, so nothing is
/// copied between steps. The statistics of step k belong to the parameters that it read, and are written beside them. On a GPU both sets are in its memory,
/// examples are copied there at the beginning and rates when they change, and of each step the loss alone comes back. Used by one thread at a time.
/// </summary>
internal sealed class AdaptContext : IDisposable
{
    private readonly Engine _engine;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly TensorSet _loss = new(GraphSignature.Loss);
    private readonly TensorSet[] _delta = [];
    private readonly TensorSet[] _state = [];
    private readonly OrtIoBinding[] _bindings = [];
    private readonly OrtValue?[][] _boundRates;
    private StartPoint? _bound;
    private StartPoint? _start;

    internal AdaptContext(Engine engine)
    {
        _engine = engine;
        _boundRates = [new OrtValue?[engine.AdaptedCount], new OrtValue?[engine.AdaptedCount]];
        try
        {
            _delta = TensorSet.Pair(engine.Delta, engine.Memory);
            _state = TensorSet.Pair(engine.State, engine.Memory);
            _bindings = [engine.Adapt.CreateIoBinding(), engine.Adapt.CreateIoBinding()];
            for (int side = 0; side < 2; side++)
            {
                _bindings[side].BindOutput(GraphSignature.Loss, _loss.Values[0]);
                BindSets(_bindings[side], engine, (_delta[side], _delta[1 - side]), (_state[side], _state[1 - side]));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The parameters that step <paramref name="step"/> reads, and (once it ran) their statistics.</summary>
    internal TensorSet Delta(int step) => _delta[step & 1];

    /// <summary>The optimiser state that step <paramref name="step"/> reads.</summary>
    internal TensorSet State(int step) => _state[step & 1];

    /// <summary>Starts an adaptation at given parameters.</summary>
    internal void Begin(StartPoint start, TensorSet delta, SupportData data)
    {
        Bind(start, data);
        _delta[0].CopyFrom(delta);
        _delta[0].Send();
        _state[0].All.Clear();
        _state[0].Send();
    }

    /// <summary>Goes on with an adaptation that was paused.</summary>
    internal void Resume(StartPoint start, PausedAdaptation paused, SupportData data)
    {
        Bind(start, data);
        paused.CopyTo(Delta(paused.Step), State(paused.Step));
        Delta(paused.Step).Send();
        State(paused.Step).Send();
    }

    /// <summary>Runs a step.</summary>
    /// <returns>The loss at the parameters that it read.</returns>
    internal float Run(int step)
    {
        int side = step & 1;
        OrtIoBinding binding = _bindings[side];
        OrtValue?[] bound = _boundRates[side];
        for (int i = 0; i < bound.Length; i++)
        {
            OrtValue rate = _start!.Rates.Row(i, step);
            if (!ReferenceEquals(bound[i], rate))
            {
                binding.BindInput(GraphSignature.Rate(_engine.Delta.Entries[i].Name), rate);
                bound[i] = rate;
            }
        }

        OrtErrors.Run(_engine.Adapt, _options, binding, _engine.Manifest.Graphs.Adapt.File);
        _delta[0].Written();
        _delta[1].Written();
        _state[1 - side].Written();
        return _loss[0][0];
    }

    /// <summary>Stops the running step; may be called from another thread.</summary>
    internal void Terminate() => _options.Terminate = true;

    public void Dispose()
    {
        Both(binding => binding.Dispose());
        foreach (TensorSet set in (TensorSet[])[.. _delta, .. _state, _loss])
        {
            set.Dispose();
        }

        _options.Dispose();
    }

    private void Bind(StartPoint start, SupportData data)
    {
        if (!ReferenceEquals(_bound, start))
        {
            _bound = null;
            for (int i = 0; i < start.Frozen.Values.Length; i++)
            {
                Both(binding => binding.BindInput(start.Frozen.Layout.Entries[i].Name, start.Frozen.Values[i]));
            }

            _bound = start;
        }

        _start = start;
        _options.Terminate = false;
        Both(binding => binding.BindInput(_engine.Manifest.Input.Name, data.Inputs));
        Both(binding => binding.BindInput(GraphSignature.Labels, data.Labels));
        if (data.Mask is { } mask)
        {
            Both(binding => binding.BindInput(GraphSignature.Mask, mask));
        }
    }

    /// <summary>Binds parameters, statistics and optimiser state: a step reads the first of each pair and writes the second, statistics to the first.</summary>
    internal static void BindSets(
        OrtIoBinding binding,
        Engine engine,
        (TensorSet Read, TensorSet Written) delta,
        (TensorSet Read, TensorSet Written) state
    )
    {
        for (int i = 0; i < engine.Delta.Entries.Length; i++)
        {
            string name = engine.Delta.Entries[i].Name;
            bool adapts = i < engine.AdaptedCount;
            if (adapts)
            {
                binding.BindInput(name, delta.Read.Values[i]);
            }

            binding.BindOutput(GraphSignature.Next(name), (adapts ? delta.Written : delta.Read).Values[i]);
        }

        for (int i = 0; i < engine.State.Entries.Length; i++)
        {
            string name = engine.State.Entries[i].Name;
            binding.BindInput(name, state.Read.Values[i]);
            binding.BindOutput(GraphSignature.Next(name), state.Written.Values[i]);
        }
    }

    private void Both(Action<OrtIoBinding> action) => Array.ForEach(_bindings, action);
}
