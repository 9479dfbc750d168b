using System.Runtime.InteropServices;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>
/// The learned rates: for each adapted parameter one row per step, a scalar or of the parameter's shape. Step k takes row min(k, rows - 1). Each row
/// is an <see cref="OrtValue"/> over the loaded numbers, so that a step binds its row and copies nothing.
/// </summary>
internal sealed class RateTable : IDisposable
{
    private readonly OrtValue[][] _rows;

    // An OrtValue over a pinned array does not keep the array alive; the table does.
    private readonly float[][] _arrays;

    private RateTable(OrtValue[][] rows, float[][] arrays)
    {
        _rows = rows;
        _arrays = arrays;
    }

    /// <summary>The row of a parameter (by its place among the adapted ones) in a step.</summary>
    internal OrtValue Row(int parameter, int step) => _rows[parameter][Math.Min(step, _rows[parameter].Length - 1)];

    internal static RateTable Load(IReadOnlyDictionary<string, FloatTensor> theta, BundleManifest manifest) =>
        Create(manifest, parameter => theta[GraphSignature.Rate(parameter.Name)]);

    /// <summary>One rate everywhere, in the shapes that the bundle's own rates have.</summary>
    internal static RateTable Uniform(IReadOnlyDictionary<string, FloatTensor> theta, BundleManifest manifest, float rate) =>
        Create(
            manifest,
            parameter =>
            {
                FloatTensor own = theta[GraphSignature.Rate(parameter.Name)];
                int[] shape = [1, .. own.Shape.Skip(1)];
                float[] values = new float[own.Count / own.Shape[0]];
                Array.Fill(values, rate);
                return new FloatTensor(shape, values);
            }
        );

    /// <summary>Whether a parameter has one rate a step; checks the shape of its rates.</summary>
    internal static bool IsScalar(SafetensorsFile theta, ManifestParameter parameter, BundleFiles files)
    {
        string name = GraphSignature.Rate(parameter.Name);
        string source = files.Describe(BundleManifest.ThetaFileName);
        if (!theta.Tensors.TryGetValue(name, out FloatTensor? rates))
        {
            throw new BundleException($"{source}: the rates '{name}' are missing.");
        }

        bool scalar = rates.Rank == 1;
        if (rates.Count == 0 || (!scalar && !rates.Shape.Skip(1).SequenceEqual(parameter.Shape)))
        {
            throw new BundleException(
                $"{source}: the rates '{name}' should have shape [steps] or [{string.Join(", ", parameter.Shape.Select(size => $"{size}").Prepend("steps"))}], they have [{string.Join(", ", rates.Shape)}]."
            );
        }

        return scalar;
    }

    public void Dispose()
    {
        foreach (OrtValue value in _rows.SelectMany(rows => rows))
        {
            value.Dispose();
        }

        GC.KeepAlive(_arrays);
    }

    private static RateTable Create(BundleManifest manifest, Func<ManifestParameter, FloatTensor> rates) =>
        Create([.. manifest.Parameters.Where(parameter => parameter.Adapts).Select(rates)]);

    private static RateTable Create(FloatTensor[] rates)
    {
        float[][] arrays = Array.ConvertAll(rates, rate => GC.AllocateUninitializedArray<float>(rate.Count, pinned: true));
        return new([.. rates.Zip(arrays, Rows)], arrays);
    }

    private static OrtValue[] Rows(FloatTensor rates, float[] pinned)
    {
        long[] shape = [.. rates.Shape.Skip(1).Select(size => (long)size)];
        int steps = rates.Shape[0];
        int length = rates.Count / steps;
        rates.Values.CopyTo(pinned.AsSpan());
        OrtValue[] rows = new OrtValue[steps];
        for (int i = 0; i < steps; i++)
        {
            rows[i] = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance,
                MemoryMarshal.CreateFromPinnedArray(pinned, i * length, length),
                shape
            );
        }

        return rows;
    }
}
