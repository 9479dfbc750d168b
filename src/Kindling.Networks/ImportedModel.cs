using System.Security.Cryptography;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;

namespace Kindling.Networks;

/// <summary>An ONNX file that serves as a network: one input whose first axis is the batch, and an output of the same first axis.</summary>
public sealed class ImportedModel
{
    private ImportedModel(byte[] bytes, Graph graph)
    {
        Bytes = bytes;
        Graph = graph;
    }

    /// <summary>The file.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The file as a graph.</summary>
    public Graph Graph { get; }

    /// <summary>SHA-256 of content, as recipes state it.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Reads the file that a description names.</summary>
    /// <param name="spec">The description.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="where">What messages call the file.</param>
    /// <exception cref="GraphException">The file is damaged, or another than the description means.</exception>
    public static ImportedModel Read(NetworkSpec spec, byte[] bytes, string where)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string hash = Hash(bytes);
        if (hash != spec.Sha256)
        {
            throw new GraphException($"{where}: network.sha256 says {spec.Sha256}, the file has {hash}; import the model again.");
        }

        return new(bytes, OnnxReader.Read(bytes, where));
    }
}
