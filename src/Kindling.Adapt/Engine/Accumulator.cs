using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// Steps whose gradient is summed over parts of the support set, each computed by itself, before one update with the sum: the step of all examples at once, to
/// rounding, in the memory of a part. Used by one thread at a time.
/// </summary>
internal sealed class Accumulator : IDisposable
{
    private readonly Engine _engine;
    private readonly InferenceSession _session;
    private readonly TensorSet[] _delta;
    private readonly TensorSet[] _state;
    private readonly TensorSet[] _sums = [];
    private readonly TensorSet _share;
    private readonly TensorSet _loss = new(GraphSignature.Loss);

    // By the side whose parameters are read, and the sum that is.
    private readonly OrtIoBinding[,] _parts = new OrtIoBinding[2, 2];
    private readonly StepBinding[,] _updates = new StepBinding[2, 2];
    private SupportData? _data;
    private StartPoint? _start;

    /// <summary>Binds the sets of an adaptation.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="sessions">The graph that adds a part's gradient, and the one that updates by a sum.</param>
    /// <param name="delta">Parameters, in turn.</param>
    /// <param name="state">Optimiser state, in turn.</param>
    internal Accumulator(
        Engine engine,
        (InferenceSession Accumulate, InferenceSession Update) sessions,
        TensorSet[] delta,
        TensorSet[] state
    )
    {
        _engine = engine;
        _session = sessions.Accumulate;
        _delta = delta;
        _state = state;
        _share = new TensorSet(engine.Memory, GraphSignature.Share);
        try
        {
            TensorLayout layout = new(
                engine
                    .Delta.Entries.Take(engine.AdaptedCount)
                    .Select(entry => (GraphSignature.Sum(entry.Name), (IReadOnlyList<int>)entry.Shape))
            );
            _sums = TensorSet.Several(2, layout, engine.Memory);
            foreach ((int side, int sum) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
            {
                OrtIoBinding part = _parts[side, sum] = _session.CreateIoBinding();
                part.BindInput(GraphSignature.Share, _share.Values[0]);
                part.BindOutput(GraphSignature.Loss, _loss.Values[0]);
                StepBinding update = _updates[side, sum] = StepBinding.OfUpdate(
                    engine,
                    sessions.Update,
                    (delta[side], delta[1 - side]),
                    (state[side], state[1 - side])
                );
                for (int i = 0; i < layout.Entries.Length; i++)
                {
                    string name = layout.Entries[i].Name;
                    part.BindInput(engine.Delta.Entries[i].Name, delta[side].Values[i]);
                    part.BindInput(name, _sums[sum].Values[i]);
                    part.BindOutput(GraphSignature.Next(name), _sums[1 - sum].Values[i]);
                    update.Bind(name, _sums[sum].Values[i]);
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Takes over the examples of an adaptation.</summary>
    internal void Bind(StartPoint start, SupportData data)
    {
        _data = data;
        _start = start;
        IReadOnlyList<string> ofUpdate = _engine.Manifest.Graphs.Update!.Inputs;
        for (int i = 0; i < start.Frozen.Values.Length; i++)
        {
            string name = start.Frozen.Layout.Entries[i].Name;
            foreach (OrtIoBinding part in _parts)
            {
                part.BindInput(name, start.Frozen.Values[i]);
            }

            foreach (StepBinding update in ofUpdate.Contains(name) ? _updates.Cast<StepBinding>() : [])
            {
                update.Bind(name, start.Frozen.Values[i]);
            }
        }

        foreach (OrtIoBinding part in data.Mask is null ? [] : _parts.Cast<OrtIoBinding>())
        {
            part.BindInput(GraphSignature.Mask, data.Mask!);
        }
    }

    /// <summary>Runs a step.</summary>
    /// <param name="step">Its number.</param>
    /// <param name="updates">Whether what it writes will be read.</param>
    /// <param name="options">Of its runs.</param>
    /// <returns>The mean loss of all examples at the parameters that it read.</returns>
    internal float Run(int step, bool updates, RunOptions options)
    {
        int side = step & 1;
        int sum = 0;
        double loss = 0;
        _sums[0].All.Clear();
        _sums[0].Send();
        for (int i = 0; i < _data!.Parts.Count; i++)
        {
            OrtIoBinding part = _parts[side, sum];
            foreach ((string name, OrtValue value) in _data.Read(_start!, options, i))
            {
                part.BindInput(name, value);
            }

            part.BindInput(GraphSignature.Labels, _data.Parts[i].Labels);
            double share = _data.Shares[i];
            _share[0][0] = (float)share;
            _share.Send();
            OrtErrors.Run(_session, options, part, _engine.Manifest.Graphs.Accumulate!.File);
            loss += share * _loss[0][0];
            sum = 1 - sum;
            _sums[sum].Written();
        }

        if (updates)
        {
            _updates[side, sum].Run(_start!.Rates, step, options);
            _delta[1 - side].Written();
            _state[1 - side].Written();
        }

        return (float)loss;
    }

    public void Dispose()
    {
        foreach (IDisposable? item in _parts.Cast<IDisposable?>().Concat(_updates.Cast<IDisposable?>()))
        {
            item?.Dispose();
        }

        foreach (TensorSet set in _sums.Append(_share).Append(_loss))
        {
            set.Dispose();
        }
    }
}
