using System.Text;

namespace Kindling.Bundles.Tests;

/// <summary>A small bundle whose graphs are mere bytes: reading a bundle never looks into them.</summary>
internal static class SampleBundle
{
    public static readonly byte[] Infer = Encoding.ASCII.GetBytes("infer");

    public static readonly byte[] Adapt = Encoding.ASCII.GetBytes("adapt");

    public static readonly byte[] Notes = Encoding.ASCII.GetBytes("notes");

    public static Dictionary<string, FloatTensor> Theta =>
        new() { ["w"] = new FloatTensor([1, 1], [0.5f]), ["b"] = new FloatTensor([1], [-0.25f]) };

    public static BundleManifest Manifest =>
        new()
        {
            FormatVersion = 1,
            Name = "line",
            Task = BundleManifest.Regression,
            Input = new ManifestInput { Shape = [null, 1] },
            Output = new ManifestOutput { Count = 1 },
            Preprocessing = Preprocessing.None,
            Normalization = "none",
            Parameters = [new ManifestParameter { Name = "w", Shape = [1, 1] }, new ManifestParameter { Name = "b", Shape = [1] }],
            InnerRule = new ManifestInnerRule { Optimizer = "sgd", Steps = 1 },
            Graphs = new ManifestGraphs
            {
                Infer = new ManifestGraph
                {
                    File = "infer.onnx",
                    Inputs = ["x", "w", "b"],
                    Outputs = ["output", "features"],
                },
                Adapt = new ManifestGraph
                {
                    File = "adapt.onnx",
                    Inputs = ["x", "y", "w", "b", "w.rate", "b.rate"],
                    Outputs = ["loss", "w.next", "b.next"],
                },
            },
            Opset = 17,
            IrVersion = 8,
        };

    /// <summary>The manifest with hashes, as it stands in a bundle.</summary>
    public static BundleManifest Complete =>
        Manifest with
        {
            Files = new Dictionary<string, string>
            {
                ["infer.onnx"] = new string('1', 64),
                ["adapt.onnx"] = new string('2', 64),
                ["theta.safetensors"] = new string('3', 64),
            },
        };

    /// <summary>Writes the bundle: a folder, or a zip file if the name ends with <c>.kindling</c>.</summary>
    public static BundleManifest Write(string path)
    {
        using BundleWriter writer = new(path);
        writer.Add("infer.onnx", Infer);
        writer.Add("adapt.onnx", Adapt);
        writer.Add("reference/notes.txt", Notes);
        writer.AddTensors("theta.safetensors", Theta);
        return writer.Complete(Manifest);
    }
}
