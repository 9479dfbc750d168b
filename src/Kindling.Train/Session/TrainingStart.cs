using System.Security.Cryptography;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Train.Session;

/// <summary>Weights of an earlier training that a new one starts from.</summary>
/// <param name="Tensors">Parameters and rates by name.</param>
/// <param name="Hash">SHA-256 of the file that they come from, for the provenance of what is trained.</param>
public sealed record TrainingStart(IReadOnlyDictionary<string, FloatTensor> Tensors, string Hash)
{
    /// <summary>Reads a bundle (folder or zip) or the folder of a checkpoint.</summary>
    /// <exception cref="BundleException">It is neither, or damaged.</exception>
    public static TrainingStart Read(string path)
    {
        string file = Path.Combine(path, Checkpoint.ThetaFile);
        byte[] bytes;
        if (File.Exists(file) && !File.Exists(Path.Combine(path, BundleManifest.FileName)))
        {
            bytes = File.ReadAllBytes(file);
        }
        else
        {
            using BundleFiles bundle = BundleFiles.Open(path);
            bytes = bundle.Read(BundleManifest.ThetaFileName);
        }

        return new(SafetensorsFile.Parse(bytes, file).Tensors, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Refuses to train adapters of a network whose own weights nobody has given.</summary>
    /// <exception cref="BundleException">There is no start, and the network has frozen parameters.</exception>
    internal static void Require(NetworkGraphs network, TrainingStart? start)
    {
        if (start is null && network.Parameters.FirstOrDefault(p => p.IsFrozen) is { } frozen)
        {
            throw new BundleException(
                $"adapters: the network's own weights stay as they are ('{frozen.Name}' and others), so that they have to come from an earlier training; give it with --from BUNDLE."
            );
        }
    }
}
