using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// Buffers of a running adaptation: two sets of parameters and optimiser state in turn. Step k reads set k mod 2 and writes the other, so nothing is
/// copied between steps. The statistics of step k belong to the parameters that it read, and are written beside them. On a GPU both sets are in its memory,
/// examples and rates are copied there when they are bound, and of each step the loss alone comes back. Used by one thread at a time.
/// </summary>
internal sealed class AdaptContext : IDisposable
{
    // The key and the two numbers under which ONNX Runtime keeps the recorded runs of both directions.
    private const string RecordedRun = "gpu_graph_id";

    private readonly Engine _engine;
    private readonly InferenceSession? _own;
    private readonly FixedInputs? _inputs;
    private readonly RunOptions[] _options = [Options(), Options()];
    private readonly TensorSet _loss;
    private readonly TensorSet[] _delta;
    private readonly TensorSet[] _state;
    private readonly OrtIoBinding[] _bindings;
    private readonly OrtValue?[][] _boundRates;
    private StartPoint? _bound;
    private StartPoint? _start;

    /// <summary>Buffers for support sets of any size, or of one size where the engine fixes it.</summary>
    internal AdaptContext(Engine engine, int? count)
    {
        _engine = engine;
        Count = count;
        if (count is { } size)
        {
            _own = engine.OpenFixed(size);
            _inputs = new FixedInputs(engine.Memory!);
        }

        _loss = new TensorSet(_own is null ? null : engine.Memory, GraphSignature.Loss);
        InferenceSession session = _own ?? engine.Adapt;
        _delta = [new TensorSet(engine.Delta, engine.Memory), new TensorSet(engine.Delta, engine.Memory)];
        _state = [new TensorSet(engine.State, engine.Memory), new TensorSet(engine.State, engine.Memory)];
        _bindings = [session.CreateIoBinding(), session.CreateIoBinding()];
        _boundRates = [new OrtValue?[engine.AdaptedCount], new OrtValue?[engine.AdaptedCount]];
        for (int side = 0; side < 2; side++)
        {
            if (_own is not null)
            {
                _options[side].AddRunConfigEntry(RecordedRun, $"{side + 1}");
            }

            _bindings[side].BindOutput(GraphSignature.Loss, _loss.Values[0]);
            BindSets(_bindings[side], engine, (_delta[side], _delta[1 - side]), (_state[side], _state[1 - side]));
        }
    }

    /// <summary>The number of examples that this is for; null: any.</summary>
    internal int? Count { get; }

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
                string name = GraphSignature.Rate(_engine.Delta.Entries[i].Name);
                binding.BindInput(name, _inputs?.Put($"{name}/{side}", rate) ?? rate);
                bound[i] = rate;
            }
        }

        OrtErrors.Run(_own ?? _engine.Adapt, _options[side], binding, _engine.Manifest.Graphs.Adapt.File);
        _loss.Written();
        _delta[0].Written();
        _delta[1].Written();
        _state[1 - side].Written();
        return _loss[0][0];
    }

    /// <summary>Stops the running step; may be called from another thread.</summary>
    internal void Terminate() => Array.ForEach(_options, options => options.Terminate = true);

    public void Dispose()
    {
        Array.ForEach(_bindings, binding => binding.Dispose());
        foreach (TensorSet set in (TensorSet[])[.. _delta, .. _state, _loss])
        {
            set.Dispose();
        }

        Array.ForEach(_options, options => options.Dispose());
        _inputs?.Dispose();
        _own?.Dispose();
    }

    private void Bind(StartPoint start, SupportData data)
    {
        if (!ReferenceEquals(_bound, start))
        {
            for (int i = 0; i < start.Frozen.Values.Length; i++)
            {
                BindInput(start.Frozen.Layout.Entries[i].Name, start.Frozen.Values[i]);
            }

            _bound = start;
        }

        _start = start;
        Array.ForEach(_options, options => options.Terminate = false);
        BindInput(_engine.Manifest.Input.Name, data.Inputs);
        BindInput(GraphSignature.Labels, data.Labels);
        if (data.Mask is { } mask)
        {
            BindInput(GraphSignature.Mask, mask);
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

    private static RunOptions Options() => new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    /// <summary>Binds what both directions read.</summary>
    private void BindInput(string name, OrtValue value)
    {
        OrtValue bound = _inputs?.Put(name, value) ?? value;
        Array.ForEach(_bindings, binding => binding.BindInput(name, bound));
    }
}
