using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>What the adapt graph of a bundle takes in its first step.</summary>
internal sealed class StepInputs : IDisposable
{
    private StepInputs(string[] names, OrtValue[] values)
    {
        Names = names;
        Values = values;
    }

    /// <summary>Names of the inputs.</summary>
    public string[] Names { get; }

    /// <summary>As many values.</summary>
    public OrtValue[] Values { get; }

    /// <summary>The inputs at the start that the bundle has; what a backbone makes of the examples, which is of no matter to the time of a step, is zeros.</summary>
    public static StepInputs Of(BundleFiles files, SupportSet support, InferenceSession session)
    {
        BundleManifest manifest = files.Manifest;
        IReadOnlyDictionary<string, FloatTensor> theta = files.ReadTensors(BundleManifest.ThetaFileName).Tensors;
        string[] names = [.. manifest.Graphs.Adapt.Inputs];
        return new(
            names,
            Array.ConvertAll(
                names,
                name =>
                    manifest.Graphs.Backbone?.Outputs.Contains(name) == true
                        ? Zeros([support.Count, .. session.InputMetadata[name].Dimensions.Skip(1)])
                        : Value(name, manifest, theta, support)
            )
        );
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(Values, value => value.Dispose());

    private static OrtValue Zeros(int[] shape) =>
        OrtValue.CreateTensorValueFromMemory(FloatTensor.Zeros(shape).Values, [.. shape.Select(size => (long)size)]);

    private static OrtValue Value(string name, BundleManifest manifest, IReadOnlyDictionary<string, FloatTensor> theta, SupportSet support)
    {
        if (name == GraphSignature.Labels && support.Labels is { } labels)
        {
            return OrtValue.CreateTensorValueFromMemory([.. labels.Select(label => (long)label)], [labels.Count]);
        }

        FloatTensor tensor =
            name == manifest.Input.Name ? support.Inputs
            : name == GraphSignature.Labels ? support.Targets!
            : name == GraphSignature.Mask ? new FloatTensor([manifest.Output.Count], [.. Enumerable.Repeat(1f, manifest.Output.Count)])
            : name == GraphSignature.Step ? FloatTensor.Scalar(0)
            : theta.TryGetValue(name, out FloatTensor? known) ? known
            // moments
            : FloatTensor.Zeros([.. theta[name[..^2]].Shape]);
        bool rate = name.EndsWith(GraphSignature.Rate(""), StringComparison.Ordinal);
        return OrtValue.CreateTensorValueFromMemory(
            rate ? tensor.Values[..(tensor.Count / tensor.Shape[0])] : tensor.Values,
            [.. tensor.Shape.Skip(rate ? 1 : 0).Select(size => (long)size)]
        );
    }
}
