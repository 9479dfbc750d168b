using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>What learners start from: frozen parameters, the first values of the adapted ones and of the statistics, and the rates. Never written to.</summary>
internal sealed class StartPoint : RefCounted
{
    private StartPoint(Engine engine, TensorSet frozen, TensorSet delta, RateTable rates, bool isBundles)
    {
        Engine = Hold(engine);
        Frozen = frozen;
        Delta = delta;
        Rates = rates;
        IsBundles = isBundles;
    }

    internal Engine Engine { get; }

    internal TensorSet Frozen { get; }

    internal TensorSet Delta { get; }

    internal RateTable Rates { get; }

    /// <summary>Whether this is the bundle's meta-initialisation, to which deltas are bound.</summary>
    internal bool IsBundles { get; }

    /// <summary>The bundle's meta-initialisation, which <see cref="ThetaCheck"/> has accepted.</summary>
    internal static StartPoint Load(Engine engine, SafetensorsFile theta) =>
        new(
            engine,
            Fill(engine.Frozen, entry => theta.Tensors[entry.Name]),
            Fill(engine.Delta, entry => theta.Tensors[entry.Name]),
            RateTable.Load(theta.Tensors, engine.Manifest),
            isBundles: true
        );

    /// <summary>Another start: of this one, what <paramref name="start"/> does not name.</summary>
    /// <param name="start">Other values.</param>
    /// <param name="rates">The bundle's rates by name.</param>
    /// <exception cref="ArgumentException">A parameter that the bundle has not, or of another shape.</exception>
    internal StartPoint With(LearnerStart start, IReadOnlyDictionary<string, FloatTensor> rates)
    {
        BundleManifest manifest = Engine.Manifest;
        foreach ((string name, FloatTensor tensor) in start.Parameters)
        {
            ManifestParameter parameter =
                manifest.Parameters.FirstOrDefault(parameter => parameter.Name == name)
                ?? throw new ArgumentException(
                    $"The bundle has no parameter '{name}'; it has {string.Join(", ", manifest.Parameters.Select(known => known.Name))}.",
                    nameof(start)
                );
            if (!parameter.Shape.SequenceEqual(tensor.Shape))
            {
                throw new ArgumentException(
                    $"The parameter '{name}' should have shape [{string.Join(", ", parameter.Shape)}], it came with [{string.Join(", ", tensor.Shape)}].",
                    nameof(start)
                );
            }
        }

        if (start.Rate is { } rate && !float.IsFinite(rate))
        {
            throw new ArgumentException($"The rate must be finite, got {rate}.", nameof(start));
        }

        TensorSet Chosen(TensorSet own) =>
            Fill(
                own.Layout,
                entry => start.Parameters.TryGetValue(entry.Name, out FloatTensor? other) ? other : own.Get(own.Layout.IndexOf(entry.Name))
            );
        return new StartPoint(
            Engine,
            Chosen(Frozen),
            Chosen(Delta),
            start.Rate is { } all ? RateTable.Uniform(rates, manifest, all) : RateTable.Load(rates, manifest),
            isBundles: false
        );
    }

    protected override void Free()
    {
        Rates.Dispose();
        Delta.Dispose();
        Frozen.Dispose();
        Engine.Release();
    }

    private static TensorSet Fill(TensorLayout layout, Func<TensorLayout.Entry, FloatTensor> tensor)
    {
        TensorSet set = new(layout);
        foreach (TensorLayout.Entry entry in layout.Entries)
        {
            set.Set(entry.Name, tensor(entry));
        }

        return set;
    }
}
