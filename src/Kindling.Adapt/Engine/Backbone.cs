using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>The part of a network that no adaptation changes: what it makes of examples is computed once, and the other graphs read it. Thread-safe.</summary>
internal sealed class Backbone : IDisposable
{
    private readonly ManifestGraph _graph;
    private readonly InferenceSession _session;

    /// <summary>Wraps a session that <see cref="GraphCheck"/> has accepted, and owns it.</summary>
    internal Backbone(ManifestGraph graph, InferenceSession session)
    {
        _graph = graph;
        _session = session;
    }

    /// <summary>Room for what it makes of a number of examples.</summary>
    internal TensorSet Allocate(int examples, DeviceMemory? memory) =>
        new(
            new TensorLayout(
                _graph.Outputs.Select(name => (name, (IReadOnlyList<int>)[examples, .. _session.OutputMetadata[name].Dimensions.Skip(1)]))
            ),
            memory
        );

    /// <summary>A binding of it to inputs, the frozen parameters of a start, and where the results go.</summary>
    internal OrtIoBinding Bind(string inputName, OrtValue inputs, TensorSet frozen, TensorSet kept)
    {
        OrtIoBinding binding = _session.CreateIoBinding();
        try
        {
            binding.BindInput(inputName, inputs);
            foreach (string name in _graph.Inputs.Where(name => name != inputName))
            {
                binding.BindInput(name, frozen.Values[frozen.Layout.IndexOf(name)]);
            }

            for (int i = 0; i < kept.Values.Length; i++)
            {
                binding.BindOutput(kept.Layout.Entries[i].Name, kept.Values[i]);
            }

            return binding;
        }
        catch
        {
            binding.Dispose();
            throw;
        }
    }

    /// <summary>Runs it.</summary>
    internal void Run(OrtIoBinding binding, RunOptions options) => OrtErrors.Run(_session, options, binding, _graph.File);

    /// <summary>What it makes of examples, with the frozen parameters of a start.</summary>
    internal TensorSet Of(OrtValue inputs, int examples, StartPoint start, RunOptions options)
    {
        Engine engine = start.Engine;
        TensorSet kept = Allocate(examples, engine.Memory);
        try
        {
            using OrtIoBinding binding = Bind(engine.Manifest.Input.Name, inputs, start.Frozen, kept);
            Run(binding, options);
            return kept;
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    public void Dispose() => _session.Dispose();
}
