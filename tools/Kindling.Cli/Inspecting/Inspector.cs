using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Recipes;

namespace Kindling.Cli.Inspecting;

/// <summary>Recognises an artefact by its content and describes it.</summary>
internal static class Inspector
{
    private const string Taken =
        "expected a bundle (folder with manifest.json, or .kindling file), a delta (.adapted), a checkpoint folder or one of its .safetensors files, "
        + "or an ONNX file";

    /// <summary>Describes what lies at a path.</summary>
    /// <exception cref="BundleException">Nothing is there, it is none of the kinds, or it is damaged.</exception>
    /// <exception cref="GraphException">An ONNX file is damaged.</exception>
    public static Inspection Inspect(string path)
    {
        if (Directory.Exists(path))
        {
            return File.Exists(Path.Combine(path, BundleManifest.FileName)) ? BundleInspection.Of(path)
                : File.Exists(Path.Combine(path, Checkpoint.ThetaFile)) ? TensorInspection.OfCheckpoint(path)
                : throw new BundleException($"{path}: {Taken}; got a folder without {BundleManifest.FileName} and {Checkpoint.ThetaFile}.");
        }

        if (!File.Exists(path))
        {
            throw new BundleException($"{path}: {Taken}; there is nothing here.");
        }

        byte[] start = new byte[9];
        int read;
        using (FileStream stream = File.OpenRead(path))
        {
            read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }

        // A zip begins with PK; safetensors with the length of a header, which is a JSON object.
        if (start.AsSpan().StartsWith("PK"u8))
        {
            return BundleInspection.Of(path);
        }

        if (read == start.Length && start[8] == '{')
        {
            return TensorInspection.OfFile(path);
        }

        try
        {
            return OnnxInspection.Of(path);
        }
        catch (GraphException e) when (!path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            throw new BundleException($"{path}: {Taken}; got a file that is none of these.", e);
        }
    }
}
