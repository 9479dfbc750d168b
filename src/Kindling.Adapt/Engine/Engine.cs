using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>The sessions of a bundle, and what all learners share: layouts and a pool of adaptation buffers.</summary>
internal sealed class Engine : RefCounted
{
    private readonly Lock _lock = new();
    private readonly Lock _opening = new();
    private readonly Stack<AdaptContext> _contexts = new();
    private readonly AdaptOptions _options;
    private readonly ExecutionProvider _provider;
    private readonly IReadOnlyDictionary<string, bool> _scalarRates;
    private InferenceSession? _adaptMany;
    private (InferenceSession Accumulate, InferenceSession Update)? _accumulation;
    private bool _freed;

    private Engine(
        BundleManifest manifest,
        IReadOnlyDictionary<string, bool> scalarRates,
        AdaptOptions options,
        ExecutionProvider provider,
        InferenceSession infer,
        InferenceSession adapt,
        Backbone? backbone,
        DeviceMemory? memory
    )
    {
        Manifest = manifest;
        Backbone = backbone;
        Memory = memory;
        _scalarRates = scalarRates;
        _options = options;
        _provider = provider;
        Infer = infer;
        Adapt = adapt;
        Signature = GraphSignature.Of(manifest);
        ManifestParameter[] adapted = [.. manifest.Parameters.Where(parameter => parameter.Adapts)];
        AdaptedCount = adapted.Length;
        Delta = TensorLayout.OfDelta(manifest);
        Frozen = new TensorLayout(
            manifest.Parameters.Where(parameter => !parameter.Adapts).Select(parameter => (parameter.Name, parameter.Shape))
        );
        Dictionary<string, IReadOnlyList<int>> state = new(StringComparer.Ordinal) { [GraphSignature.Step] = [] };
        foreach (ManifestParameter parameter in adapted)
        {
            state[GraphSignature.FirstMoment(parameter.Name)] = parameter.Shape;
            state[GraphSignature.SecondMoment(parameter.Name)] = parameter.Shape;
        }

        State = new TensorLayout(Signature.State.Select(name => (name, state[name])));
        RunOptions = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    }

    internal BundleManifest Manifest { get; }

    internal GraphSignature Signature { get; }

    internal InferenceSession Infer { get; }

    internal InferenceSession Adapt { get; }

    /// <summary>What both read in place of the input; null where they read that.</summary>
    internal Backbone? Backbone { get; }

    /// <summary>The memory that the sessions compute in, where it is not the processor's.</summary>
    internal DeviceMemory? Memory { get; }

    /// <summary>Options of prediction runs; read only, hence shared.</summary>
    internal RunOptions RunOptions { get; }

    /// <summary>Adapted parameters first (<see cref="AdaptedCount"/> of them), then statistics: what a delta holds.</summary>
    internal TensorLayout Delta { get; }

    internal TensorLayout Frozen { get; }

    internal TensorLayout State { get; }

    internal int AdaptedCount { get; }

    internal static Engine Open(BundleFiles files, SafetensorsFile theta, AdaptOptions options, ExecutionProvider provider)
    {
        BundleManifest manifest = files.Manifest;
        Dictionary<string, bool> scalarRates = manifest
            .Parameters.Where(parameter => parameter.Adapts)
            .ToDictionary(parameter => parameter.Name, parameter => RateTable.IsScalar(theta, parameter, files));
        using SessionOptions session = Options(options, provider);
        InferenceSession? infer = null;
        InferenceSession? adapt = null;
        InferenceSession? backbone = null;
        DeviceMemory? memory = null;
        try
        {
            string file;
            if (manifest.Graphs.Backbone is { } graph)
            {
                file = graph.File;
                backbone = OrtErrors.Open(files.Read(file), session, files.Describe(file));
                GraphCheck.Backbone(backbone, manifest, files.Describe(file));
            }

            file = manifest.Graphs.Infer.File;
            infer = OrtErrors.Open(files.Read(file), session, files.Describe(file));
            GraphCheck.Infer(infer, backbone, manifest, files.Describe(file));
            file = manifest.Graphs.Adapt.File;
            adapt = OrtErrors.Open(files.Read(file), session, files.Describe(file));
            GraphCheck.Adapt(adapt, backbone, manifest, scalarRates, files.Describe(file));
            (string Name, int Device)? place = options.BufferMemory is { } own
                ? (own, 0)
                : ExecutionProviders.Memory(provider, options.Device);
            memory = place is { } known ? DeviceMemory.Open(known.Name, known.Device, adapt, session) : null;
            Backbone? kept = backbone is null ? null : new Backbone(manifest.Graphs.Backbone!, backbone);
            return new Engine(manifest, scalarRates, options, provider, infer, adapt, kept, memory);
        }
        catch
        {
            memory?.Dispose();
            infer?.Dispose();
            adapt?.Dispose();
            backbone?.Dispose();
            throw;
        }
    }

    /// <summary>The graph of many users, opened when it is first asked for; null where the bundle has none.</summary>
    internal InferenceSession? AdaptMany(Func<BundleFiles> open)
    {
        if (Manifest.Graphs.AdaptMany is not { } graph)
        {
            return null;
        }

        lock (_opening)
        {
            if (_adaptMany is null)
            {
                using BundleFiles files = open();
                using SessionOptions session = Options(_options, _provider);
                InferenceSession opened = OrtErrors.Open(files.Read(graph.File), session, files.Describe(graph.File));
                try
                {
                    GraphCheck.Adapt(opened, backbone: null, Manifest, _scalarRates, files.Describe(graph.File), many: true);
                    _adaptMany = opened;
                }
                catch
                {
                    opened.Dispose();
                    throw;
                }
            }

            return _adaptMany;
        }
    }

    /// <summary>The graphs of a step in parts; null until <see cref="OpenAccumulation"/>.</summary>
    internal (InferenceSession Accumulate, InferenceSession Update)? Accumulation => _accumulation;

    /// <summary>Opens the graphs of a step in parts, which the bundle has, unless they are.</summary>
    internal void OpenAccumulation(Func<BundleFiles> open)
    {
        lock (_opening)
        {
            if (_accumulation is not null)
            {
                return;
            }

            using BundleFiles files = open();
            using SessionOptions session = Options(_options, _provider);
            (ManifestGraph first, ManifestGraph second) = (Manifest.Graphs.Accumulate!, Manifest.Graphs.Update!);
            InferenceSession accumulate = OrtErrors.Open(files.Read(first.File), session, files.Describe(first.File));
            InferenceSession? update = null;
            try
            {
                GraphCheck.Accumulate(accumulate, Adapt, Manifest, files.Describe(first.File));
                update = OrtErrors.Open(files.Read(second.File), session, files.Describe(second.File));
                GraphCheck.Update(update, Manifest, _scalarRates, files.Describe(second.File));
                _accumulation = (accumulate, update);
            }
            catch
            {
                update?.Dispose();
                accumulate.Dispose();
                throw;
            }
        }
    }

    internal AdaptContext RentContext()
    {
        lock (_lock)
        {
            if (_contexts.TryPop(out AdaptContext? context))
            {
                return context;
            }
        }

        return new AdaptContext(this);
    }

    internal void ReturnContext(AdaptContext context)
    {
        context.Renew();
        lock (_lock)
        {
            if (!_freed && _contexts.Count < Environment.ProcessorCount)
            {
                _contexts.Push(context);
                return;
            }
        }

        context.Dispose();
    }

    protected override void Free()
    {
        lock (_lock)
        {
            _freed = true;
            while (_contexts.TryPop(out AdaptContext? context))
            {
                context.Dispose();
            }
        }

        RunOptions.Dispose();
        Memory?.Dispose();
        _adaptMany?.Dispose();
        _accumulation?.Accumulate.Dispose();
        _accumulation?.Update.Dispose();
        Adapt.Dispose();
        Infer.Dispose();
        Backbone?.Dispose();
    }

    private static SessionOptions Options(AdaptOptions options, ExecutionProvider provider)
    {
        SessionOptions session = new()
        {
            IntraOpNumThreads = options.Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            // Faults arrive as exceptions; a library writes nothing to the app's error stream.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        try
        {
            ExecutionProviders.Append(session, provider, options.Device);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
