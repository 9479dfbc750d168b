using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// Buffers of a running adaptation: two sets of parameters and optimiser state in turn. Step k reads set k mod 2 and writes the other, so nothing is
/// copied between steps. The statistics of step k belong to the parameters that it read, and are written beside them. Where the rule takes the examples in
/// parts, a step first runs on all of them, for loss and statistics, and then on one part after the other: the first reads what the step reads, the last writes
/// what the step writes, and a third set serves in between, so that a step which is stopped has changed nothing of what it reads. On a GPU the sets are in its
/// memory, examples are copied there at the beginning and rates when they change, and of each step the loss alone comes back. Used by one thread at a time.
/// </summary>
internal sealed class AdaptContext : IDisposable
{
    private readonly Engine _engine;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly TensorSet _loss = new(GraphSignature.Loss);
    private readonly TensorSet _partLoss = new(GraphSignature.Loss);
    private readonly TensorSet[] _delta = [];
    private readonly TensorSet[] _state = [];
    private readonly StepBinding[] _steps = [];

    /// <summary>By the set that is read and the one that is written; empty where the rule takes all examples at once.</summary>
    private readonly Dictionary<(int Read, int Written), StepBinding> _parts = [];
    private Accumulator? _accumulator;
    private StartPoint? _bound;
    private StartPoint? _start;
    private SupportData? _data;

    internal AdaptContext(Engine engine)
    {
        _engine = engine;
        try
        {
            bool inParts = engine.Manifest.InnerRule.Batch is not null;
            _delta = TensorSet.Several(inParts ? 3 : 2, engine.Delta, engine.Memory);
            _state = TensorSet.Several(_delta.Length, engine.State, engine.Memory);
            _steps = [Create(0, 1, _loss, statistics: 0), Create(1, 0, _loss, statistics: 1)];
            for (int read = 0; inParts && read < 3; read++)
            {
                foreach (int written in Enumerable.Range(0, 3).Where(other => other != read))
                {
                    _parts[(read, written)] = Create(read, written, _partLoss, statistics: written);
                }
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
    /// <param name="step">Its number.</param>
    /// <param name="updates">Whether what it writes will be read: the last run of an adaptation is for loss and statistics alone.</param>
    /// <returns>The loss at the parameters that it read.</returns>
    internal float Run(int step, bool updates)
    {
        if (_data!.IsAccumulated)
        {
            return _accumulator!.Run(step, updates, _options);
        }

        int side = step & 1;
        Run(_steps[side], step);
        int from = side;
        for (int part = 0; updates && part < _data.Parts.Count; part++)
        {
            int to = (_data.Parts.Count - part) % 2 == 1 ? 1 - side : 2;
            StepBinding binding = _parts[(from, to)];
            foreach ((string name, OrtValue value) in _data.Read(_start!, _options, part))
            {
                binding.Bind(name, value);
            }

            binding.Bind(GraphSignature.Labels, _data.Parts[part].Labels);
            Run(binding, step);
            from = to;
        }

        return _loss[0][0];
    }

    /// <summary>Stops what runs and whatever would run next; may be called from another thread.</summary>
    internal void Terminate() => _options.Terminate = true;

    /// <summary>Makes it good for another adaptation.</summary>
    internal void Renew() => _options.Terminate = false;

    public void Dispose()
    {
        Each(binding => binding.Dispose());
        _accumulator?.Dispose();
        foreach (TensorSet set in (TensorSet[])[.. _delta, .. _state, _loss, _partLoss])
        {
            set.Dispose();
        }

        _options.Dispose();
    }

    private StepBinding Create(int read, int written, TensorSet loss, int statistics) =>
        new(_engine, loss, (_delta[read], _delta[written]), (_state[read], _state[written]), _delta[statistics]);

    private void Run(StepBinding binding, int step)
    {
        binding.Run(_start!.Rates, step, _options);
        Array.ForEach(_delta, set => set.Written());
        Array.ForEach(_state, set => set.Written());
    }

    private void Bind(StartPoint start, SupportData data)
    {
        if (!ReferenceEquals(_bound, start))
        {
            _bound = null;
            for (int i = 0; i < start.Frozen.Values.Length; i++)
            {
                Each(binding => binding.Bind(start.Frozen.Layout.Entries[i].Name, start.Frozen.Values[i]));
            }

            _bound = start;
        }

        _start = start;
        _data = data;
        if (data.IsAccumulated)
        {
            _accumulator ??= new Accumulator(_engine, _engine.Accumulation!.Value, _delta, _state);
            _accumulator.Bind(start, data);
            return;
        }

        foreach ((string name, OrtValue value) in data.Read(start, _options))
        {
            Each(binding => binding.Bind(name, value));
        }

        Each(binding => binding.Bind(GraphSignature.Labels, data.Labels));
        if (data.Mask is { } mask)
        {
            Each(binding => binding.Bind(GraphSignature.Mask, mask));
        }
    }

    private void Each(Action<StepBinding> action)
    {
        foreach (StepBinding binding in _steps.Concat(_parts.Values))
        {
            action(binding);
        }
    }
}
