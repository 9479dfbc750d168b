using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Kindling.Adapt;

/// <summary>Whether a graph has the inputs and outputs that the manifest promises: names, element types, shapes.</summary>
internal static class GraphCheck
{
    private const int Free = -1;

    /// <summary>Checks the backbone: the data input, frozen parameters, and outputs that have a row for each example.</summary>
    internal static void Backbone(InferenceSession session, BundleManifest manifest, string source)
    {
        ManifestGraph graph = manifest.Graphs.Backbone!;
        List<string> faults = [];
        Check(session.InputMetadata, "input", manifest.Input.Name, TensorElementType.Float, faults, DataShape(manifest));
        foreach (ManifestParameter parameter in manifest.Parameters.Where(parameter => graph.Inputs.Contains(parameter.Name)))
        {
            Check(session.InputMetadata, "input", parameter.Name, TensorElementType.Float, faults, [.. parameter.Shape]);
        }

        foreach (string name in graph.Outputs)
        {
            int[] shape =
                session.OutputMetadata.TryGetValue(name, out NodeMetadata? output) && output.IsTensor ? output.Dimensions : [Free];
            Check(session.OutputMetadata, "output", name, TensorElementType.Float, faults, shape);
            if (shape.Length == 0 || shape[0] >= 0 || Array.Exists(shape[1..], size => size < 1))
            {
                faults.Add($"the output '{name}' should have a row of known size for each example, it has shape {Text(shape)}");
            }
        }

        Throw(session, graph.Inputs, source, faults);
    }

    internal static void Infer(InferenceSession session, InferenceSession? backbone, BundleManifest manifest, string source)
    {
        List<string> faults = [];
        CheckData(session, backbone, manifest, faults);
        CheckParameters(session, manifest, faults);
        foreach (ManifestStatistic statistic in manifest.Statistics)
        {
            Check(session.InputMetadata, "input", statistic.Name, TensorElementType.Float, faults, [.. statistic.Shape]);
        }

        Check(session.OutputMetadata, "output", GraphSignature.Output, TensorElementType.Float, faults, [Free, .. manifest.Output.Shape]);
        Throw(session, GraphSignature.Of(manifest).InferInputs, source, faults);
    }

    /// <summary>Checks the adapt graph; that of many users has their dimension before those of one.</summary>
    internal static void Adapt(
        InferenceSession session,
        InferenceSession? backbone,
        BundleManifest manifest,
        IReadOnlyDictionary<string, bool> scalarRates,
        string source,
        bool many = false
    )
    {
        List<string> faults = [];
        int[] users = many ? [Free] : [];
        CheckData(session, backbone, manifest, faults, users);
        CheckLabels(session, manifest, faults, users);
        CheckParameters(session, manifest, faults, users);
        CheckRates(session, manifest, scalarRates, faults);
        GraphSignature signature = GraphSignature.Of(manifest);
        foreach (string name in signature.AdaptOutputs.Except(session.OutputMetadata.Keys, StringComparer.Ordinal))
        {
            faults.Add($"the output '{name}' is missing");
        }

        Throw(session, signature.AdaptInputs, source, faults);
    }

    /// <summary>Checks the graph that adds the gradient of a part, whose data are those of the adapt graph.</summary>
    internal static void Accumulate(InferenceSession session, InferenceSession adapt, BundleManifest manifest, string source)
    {
        List<string> faults = [];
        GraphSignature signature = GraphSignature.Of(manifest);
        foreach (string name in signature.Data)
        {
            Check(session.InputMetadata, "input", name, TensorElementType.Float, faults, adapt.InputMetadata[name].Dimensions);
        }

        if (manifest.IsClassification)
        {
            Check(session.InputMetadata, "input", GraphSignature.Mask, TensorElementType.Float, faults, [manifest.Output.Count]);
        }

        CheckLabels(session, manifest, faults, []);
        CheckParameters(session, manifest, faults);
        Check(session.InputMetadata, "input", GraphSignature.Share, TensorElementType.Float, faults, []);
        CheckSums(session, manifest, faults);
        foreach (ManifestParameter parameter in manifest.Parameters.Where(parameter => parameter.Adapts))
        {
            string name = GraphSignature.Next(GraphSignature.Sum(parameter.Name));
            Check(session.OutputMetadata, "output", name, TensorElementType.Float, faults, [.. parameter.Shape]);
        }

        Throw(session, signature.AccumulateInputs, source, faults);
    }

    /// <summary>Checks the graph that updates by a sum of gradients.</summary>
    internal static void Update(
        InferenceSession session,
        BundleManifest manifest,
        IReadOnlyDictionary<string, bool> scalarRates,
        string source
    )
    {
        List<string> faults = [];
        CheckSums(session, manifest, faults);
        CheckRates(session, manifest, scalarRates, faults);
        foreach (ManifestParameter parameter in manifest.Parameters.Where(parameter => parameter.Adapts))
        {
            Check(session.InputMetadata, "input", parameter.Name, TensorElementType.Float, faults, [.. parameter.Shape]);
            Check(
                session.OutputMetadata,
                "output",
                GraphSignature.Next(parameter.Name),
                TensorElementType.Float,
                faults,
                [.. parameter.Shape]
            );
        }

        Throw(session, GraphSignature.Of(manifest).UpdateInputs, source, faults);
    }

    private static void CheckSums(InferenceSession session, BundleManifest manifest, List<string> faults)
    {
        foreach (ManifestParameter parameter in manifest.Parameters.Where(parameter => parameter.Adapts))
        {
            Check(
                session.InputMetadata,
                "input",
                GraphSignature.Sum(parameter.Name),
                TensorElementType.Float,
                faults,
                [.. parameter.Shape]
            );
        }
    }

    private static void CheckRates(
        InferenceSession session,
        BundleManifest manifest,
        IReadOnlyDictionary<string, bool> scalarRates,
        List<string> faults
    )
    {
        foreach (ManifestParameter parameter in manifest.Parameters.Where(parameter => parameter.Adapts))
        {
            int[] rate = scalarRates[parameter.Name] ? [] : [.. parameter.Shape];
            Check(session.InputMetadata, "input", GraphSignature.Rate(parameter.Name), TensorElementType.Float, faults, rate);
        }
    }

    private static int[] DataShape(BundleManifest manifest) => [.. manifest.Input.Shape.Select(size => size ?? Free)];

    private static void CheckData(
        InferenceSession session,
        InferenceSession? backbone,
        BundleManifest manifest,
        List<string> faults,
        params int[] users
    )
    {
        foreach (string name in GraphSignature.Of(manifest).Data)
        {
            int[] shape = backbone is null ? DataShape(manifest) : backbone.OutputMetadata[name].Dimensions;
            Check(session.InputMetadata, "input", name, TensorElementType.Float, faults, [.. users, .. shape]);
        }

        if (manifest.IsClassification)
        {
            Check(session.InputMetadata, "input", GraphSignature.Mask, TensorElementType.Float, faults, [.. users, manifest.Output.Count]);
        }
    }

    private static void CheckLabels(InferenceSession session, BundleManifest manifest, List<string> faults, params int[] users)
    {
        (TensorElementType type, int[] shape) = manifest.IsClassification
            ? (TensorElementType.Int64, new[] { Free })
            : (TensorElementType.Float, [Free, manifest.Output.TargetLength]);
        Check(session.InputMetadata, "input", GraphSignature.Labels, type, faults, [.. users, .. shape]);
    }

    private static void CheckParameters(InferenceSession session, BundleManifest manifest, List<string> faults, params int[] users)
    {
        foreach (ManifestParameter parameter in manifest.Parameters)
        {
            int[] shape = parameter.Adapts ? [.. users, .. parameter.Shape] : [.. parameter.Shape];
            Check(session.InputMetadata, "input", parameter.Name, TensorElementType.Float, faults, shape);
        }
    }

    private static void Check(
        IReadOnlyDictionary<string, NodeMetadata> values,
        string kind,
        string name,
        TensorElementType type,
        List<string> faults,
        int[] shape
    )
    {
        if (!values.TryGetValue(name, out NodeMetadata? value))
        {
            faults.Add($"the {kind} '{name}' is missing");
            return;
        }

        if (!value.IsTensor || value.ElementDataType != type)
        {
            faults.Add(
                $"the {kind} '{name}' should be a tensor of {type}, it is {(value.IsTensor ? value.ElementDataType : value.OnnxValueType)}"
            );
            return;
        }

        // A dimension that either side leaves free fits any size.
        int[] got = value.Dimensions;
        bool fits =
            got.Length == shape.Length && got.Zip(shape).All(pair => pair.First < 0 || pair.Second < 0 || pair.First == pair.Second);
        if (!fits)
        {
            faults.Add($"the {kind} '{name}' should have shape {Text(shape)}, it has {Text(got)}");
        }
    }

    private static string Text(int[] shape) => $"[{string.Join(", ", shape.Select(size => size < 0 ? "n" : $"{size}"))}]";

    private static void Throw(InferenceSession session, IReadOnlyList<string> inputs, string source, List<string> faults)
    {
        faults.AddRange(session.InputMetadata.Keys.Except(inputs, StringComparer.Ordinal).Select(name => $"the input '{name}' is unknown"));
        if (faults.Count > 0)
        {
            throw new BundleException($"{source} does not fit the manifest: {string.Join("; ", faults)}.");
        }
    }
}
