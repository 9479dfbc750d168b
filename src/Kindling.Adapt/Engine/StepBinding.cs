using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>The inputs and outputs of one run of the adapt graph, or of the one that updates by a sum of gradients: from one set of parameters and optimiser state to another. Used by one thread at a time.</summary>
internal sealed class StepBinding : IDisposable
{
    private readonly Engine _engine;
    private readonly InferenceSession _session;
    private readonly string _file;
    private readonly OrtIoBinding _binding;
    private readonly OrtValue?[] _rates;

    /// <summary>Binds the sets.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="loss">Where the loss at the parameters that are read goes.</param>
    /// <param name="delta">The parameters that are read, and those that are written.</param>
    /// <param name="state">The optimiser state that is read, and the one that is written.</param>
    /// <param name="statistics">Where the statistics of the examples under the parameters that are read go.</param>
    internal StepBinding(
        Engine engine,
        TensorSet loss,
        (TensorSet Read, TensorSet Written) delta,
        (TensorSet Read, TensorSet Written) state,
        TensorSet statistics
    )
        : this(engine, engine.Adapt, engine.Manifest.Graphs.Adapt.File, loss, delta, state, statistics) { }

    private StepBinding(
        Engine engine,
        InferenceSession session,
        string file,
        TensorSet? loss,
        (TensorSet Read, TensorSet Written) delta,
        (TensorSet Read, TensorSet Written) state,
        TensorSet statistics
    )
    {
        _engine = engine;
        _session = session;
        _file = file;
        _rates = new OrtValue?[engine.AdaptedCount];
        _binding = session.CreateIoBinding();
        try
        {
            if (loss is not null)
            {
                _binding.BindOutput(GraphSignature.Loss, loss.Values[0]);
            }

            BindSets(_binding, engine, delta, state, statistics);
        }
        catch
        {
            _binding.Dispose();
            throw;
        }
    }

    /// <summary>Binds a run of the graph that updates by a sum, of a network without statistics.</summary>
    internal static StepBinding OfUpdate(
        Engine engine,
        InferenceSession session,
        (TensorSet Read, TensorSet Written) delta,
        (TensorSet Read, TensorSet Written) state
    ) => new(engine, session, engine.Manifest.Graphs.Update!.File, loss: null, delta, state, delta.Read);

    /// <summary>Binds an input.</summary>
    internal void Bind(string name, OrtValue value) => _binding.BindInput(name, value);

    /// <summary>Runs it with the rates of a step.</summary>
    internal void Run(RateTable rates, int step, RunOptions options)
    {
        for (int i = 0; i < _rates.Length; i++)
        {
            OrtValue rate = rates.Row(i, step);
            if (!ReferenceEquals(_rates[i], rate))
            {
                _binding.BindInput(GraphSignature.Rate(_engine.Delta.Entries[i].Name), rate);
                _rates[i] = rate;
            }
        }

        OrtErrors.Run(_session, options, _binding, _file);
    }

    public void Dispose() => _binding.Dispose();

    /// <summary>Binds parameters, statistics and optimiser state.</summary>
    internal static void BindSets(
        OrtIoBinding binding,
        Engine engine,
        (TensorSet Read, TensorSet Written) delta,
        (TensorSet Read, TensorSet Written) state,
        TensorSet statistics
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

            binding.BindOutput(GraphSignature.Next(name), (adapts ? delta.Written : statistics).Values[i]);
        }

        for (int i = 0; i < engine.State.Entries.Length; i++)
        {
            string name = engine.State.Entries[i].Name;
            binding.BindInput(name, state.Read.Values[i]);
            binding.BindOutput(GraphSignature.Next(name), state.Written.Values[i]);
        }
    }
}
