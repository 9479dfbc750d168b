using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// Buffers of adaptations that run as one. As <see cref="AdaptContext"/>, with the users' tensors stacked: the same two sets in turn, nothing copied
/// between steps. Used by one thread.
/// </summary>
internal sealed class ManyContext : IDisposable
{
    private readonly InferenceSession _session;
    private readonly Engine _engine;
    private readonly RateTable _rates;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly OrtIoBinding[] _bindings = [];
    private readonly TensorSet[] _delta = [];
    private readonly TensorSet[] _state = [];
    private readonly TensorSet _loss;

    /// <summary>One user's parameters and statistics.</summary>
    private readonly TensorSet _one;
    private readonly OrtValue[] _data;

    internal ManyContext(InferenceSession session, IReadOnlyList<Adaptation> users)
    {
        _session = session;
        StartPoint start = users[0].Origin.Start;
        _engine = start.Engine;
        _rates = start.Rates;
        int count = users.Count;
        TensorLayout delta = new(_engine.Delta.Entries.Select(entry => (entry.Name, Many(count, entry.Shape))));
        TensorLayout state = new(
            _engine.State.Entries.Select(entry => (entry.Name, entry.Name == GraphSignature.Step ? entry.Shape : Many(count, entry.Shape)))
        );
        _loss = new TensorSet(GraphSignature.Loss, count);
        _one = new TensorSet(_engine.Delta);
        _data =
        [
            Stack<float>(users, user => user.Data.Inputs),
            _engine.Manifest.IsClassification
                ? Stack<long>(users, user => user.Data.Labels)
                : Stack<float>(users, user => user.Data.Labels),
            .. users[0].Data.Mask is null ? Array.Empty<OrtValue>() : [Stack<float>(users, user => user.Data.Mask!)],
        ];
        try
        {
            _delta = TensorSet.Several(2, delta, _engine.Memory);
            _state = TensorSet.Several(2, state, _engine.Memory);
            for (int user = 0; user < count; user++)
            {
                for (int i = 0; i < delta.Entries.Length; i++)
                {
                    users[user].Origin.Delta[i].CopyTo(Part(_delta[0], i, user));
                }
            }

            _delta[0].Send();
            _state[0].Send();
            _bindings = [session.CreateIoBinding(), session.CreateIoBinding()];
            Bind(0, start.Frozen);
            Bind(1, start.Frozen);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A user's loss at the parameters that the last step read.</summary>
    internal float Loss(int user) => _loss[0][user];

    /// <summary>The parameters that a step read and their statistics, valid until the next call; where they are not wanted, something else.</summary>
    internal TensorSet Delta(int step, int user, bool wanted)
    {
        for (int i = 0; wanted && i < _engine.Delta.Entries.Length; i++)
        {
            Part(_delta[step & 1], i, user).CopyTo(_one[i]);
        }

        return _one;
    }

    /// <summary>Runs a step.</summary>
    internal void Run(int step)
    {
        OrtIoBinding binding = _bindings[step & 1];
        for (int i = 0; i < _engine.AdaptedCount; i++)
        {
            binding.BindInput(GraphSignature.Rate(_engine.Delta.Entries[i].Name), _rates.Row(i, step));
        }

        OrtErrors.Run(_session, _options, binding, _engine.Manifest.Graphs.AdaptMany!.File);
        Array.ForEach(_delta, set => set.Written());
        Array.ForEach(_state, set => set.Written());
    }

    /// <summary>Stops the running step; may be called from another thread.</summary>
    internal void Terminate() => _options.Terminate = true;

    public void Dispose()
    {
        Array.ForEach(_bindings, binding => binding.Dispose());
        Array.ForEach(_data, value => value.Dispose());
        foreach (TensorSet set in (TensorSet[])[.. _delta, .. _state, _loss, _one])
        {
            set.Dispose();
        }

        _options.Dispose();
    }

    private static IReadOnlyList<int> Many(int users, int[] shape) => [users, .. shape];

    private static OrtValue Stack<T>(IReadOnlyList<Adaptation> users, Func<Adaptation, OrtValue> value)
        where T : unmanaged
    {
        int length = value(users[0]).GetTensorDataAsSpan<T>().Length;
        T[] all = new T[users.Count * length];
        for (int user = 0; user < users.Count; user++)
        {
            value(users[user]).GetTensorDataAsSpan<T>().CopyTo(all.AsSpan(user * length));
        }

        return OrtValue.CreateTensorValueFromMemory(all, [users.Count, .. value(users[0]).GetTensorTypeAndShape().Shape]);
    }

    private Span<float> Part(TensorSet set, int index, int user)
    {
        int length = _engine.Delta.Entries[index].Count;
        return set[index].Slice(user * length, length);
    }

    private void Bind(int side, TensorSet frozen)
    {
        OrtIoBinding binding = _bindings[side];
        BundleManifest manifest = _engine.Manifest;
        binding.BindInput(manifest.Input.Name, _data[0]);
        binding.BindInput(GraphSignature.Labels, _data[1]);
        if (manifest.IsClassification)
        {
            binding.BindInput(GraphSignature.Mask, _data[2]);
        }

        for (int i = 0; i < frozen.Values.Length; i++)
        {
            binding.BindInput(frozen.Layout.Entries[i].Name, frozen.Values[i]);
        }

        binding.BindOutput(GraphSignature.Loss, _loss.Values[0]);
        StepBinding.BindSets(binding, _engine, (_delta[side], _delta[1 - side]), (_state[side], _state[1 - side]), _delta[side]);
    }
}
