using Kindling.Bundles;
using Kindling.Networks;

namespace Kindling.Recipes;

/// <summary>
/// The files that training leaves in a folder: <c>last.safetensors</c> to go on from, <c>theta.safetensors</c> and <c>baselines.safetensors</c> to
/// export.
/// </summary>
public static class Checkpoint
{
    /// <summary>Parameters, outer optimiser and best parameters so far.</summary>
    public const string LastFile = "last.safetensors";

    /// <summary>The best parameters by validation, with the rates of the inner rule.</summary>
    public const string ThetaFile = "theta.safetensors";

    /// <summary>Jointly pre-trained weights, which evaluation compares with.</summary>
    public const string BaselinesFile = "baselines.safetensors";

    /// <summary>Writes one file atomically, state included.</summary>
    public static void Write(string folder, string file, IReadOnlyDictionary<string, FloatTensor> tensors, CheckpointState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _ = Directory.CreateDirectory(folder);
        SafetensorsFile.Write(Path.Combine(folder, file), tensors, state.ToMetadata());
    }

    /// <summary>Writes the file of the recipe's network beside the tensors, if it has one that is not there already.</summary>
    public static void WriteNetwork(string folder, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (recipe.Network is { File: { } name, Imported: { } model })
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path) || ImportedModel.Hash(File.ReadAllBytes(path)) != recipe.Network.Sha256)
            {
                AtomicFile.Write(path, model.Bytes.ToArray());
            }
        }
    }

    /// <summary>Reads one file.</summary>
    /// <exception cref="BundleException">It is missing or damaged.</exception>
    public static (IReadOnlyDictionary<string, FloatTensor> Tensors, CheckpointState State) Read(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            throw new BundleException($"{path}: there is no checkpoint here; run `kindling train` first.");
        }

        SafetensorsFile content = SafetensorsFile.Read(path);
        return (content.Tensors, CheckpointState.From(content, path));
    }

    /// <summary>Parameters by name.</summary>
    public static IReadOnlyDictionary<string, FloatTensor> Named(NetworkGraphs network, IReadOnlyList<FloatTensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(network);
        return network.Parameters.Select((p, i) => (p.Name, parameters[i])).ToDictionary(p => p.Name, p => p.Item2, StringComparer.Ordinal);
    }
}
