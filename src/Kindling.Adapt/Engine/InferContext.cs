using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Buffers of one prediction run, bound once to a snapshot's parameters. Used by one thread at a time.</summary>
internal sealed class InferContext : IDisposable
{
    private readonly Engine _engine;
    private readonly OrtIoBinding _binding;
    private readonly TensorSet _frozen;
    private readonly int _parameters;
    private TensorSet? _input;
    private OrtIoBinding? _backbone;
    private TensorSet? _kept;
    private TensorSet? _output;
    private int _batch;

    internal InferContext(Snapshot snapshot)
    {
        _engine = snapshot.Engine;
        _binding = _engine.Infer.CreateIoBinding();
        if (_engine.Manifest.IsClassification)
        {
            _binding.BindInput(GraphSignature.Mask, snapshot.Mask.Values[0]);
        }

        Bind(snapshot.Delta);
        Bind(snapshot.Start.Frozen);
        _frozen = snapshot.Start.Frozen;
        _parameters = Length(snapshot.Delta);
    }

    /// <summary>Whether an idle one is worth its memory: that of one input, or no more than the parameters take.</summary>
    internal bool IsSmall => _batch == 1 || Length(_input) + Length(_kept) + Length(_output) <= _parameters;

    /// <summary>The inputs, row by row.</summary>
    internal Span<float> Input => _input![0];

    /// <summary>The outputs of the last run, <c>[batch, count]</c>, of a language model <c>[batch, count, codes]</c>.</summary>
    internal Span<float> Output => _output![0];

    /// <summary>Makes room for a batch; nothing to do when it is as large as the last one.</summary>
    internal void SetBatch(int batch)
    {
        if (batch == _batch)
        {
            return;
        }

        _batch = 0;
        _backbone?.Dispose();
        _backbone = null;
        _kept?.Dispose();
        _input?.Dispose();
        _output?.Dispose();
        BundleManifest manifest = _engine.Manifest;
        _input = new TensorSet(_engine.Memory, manifest.Input.Name, [batch, .. manifest.Input.Shape.Skip(1).Select(size => size!.Value)]);
        _output = new TensorSet(GraphSignature.Output, [batch, .. manifest.Output.Shape]);
        if (_engine.Backbone is { } backbone)
        {
            _kept = backbone.Allocate(batch, _engine.Memory);
            _backbone = backbone.Bind(manifest.Input.Name, _input.Values[0], _frozen, _kept);
            Bind(_kept);
        }
        else
        {
            _binding.BindInput(manifest.Input.Name, _input.Values[0]);
        }

        _binding.BindOutput(GraphSignature.Output, _output.Values[0]);
        _batch = batch;
    }

    internal void Run()
    {
        _input!.Send();
        if (_backbone is not null)
        {
            _engine.Backbone!.Run(_backbone, _engine.RunOptions);
        }

        OrtErrors.Run(_engine.Infer, _engine.RunOptions, _binding, _engine.Manifest.Graphs.Infer.File);
    }

    /// <summary>Runs and hands back the features; the context is good for nothing else afterwards.</summary>
    internal OrtValue RunForFeatures()
    {
        _binding.ClearBoundOutputs();
        _binding.BindOutputToDevice(GraphSignature.Features, OrtMemoryInfo.DefaultInstance);
        Run();
        return _binding.GetOutputValues()[0];
    }

    public void Dispose()
    {
        _binding.Dispose();
        _backbone?.Dispose();
        _kept?.Dispose();
        _input?.Dispose();
        _output?.Dispose();
    }

    private static int Length(TensorSet? set) => set?.Layout.Length ?? 0;

    private void Bind(TensorSet set)
    {
        for (int i = 0; i < set.Values.Length; i++)
        {
            _binding.BindInput(set.Layout.Entries[i].Name, set.Values[i]);
        }
    }
}
