using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>The checked files of a bundle's folder <c>training/</c>, in memory: ONNX Runtime Training reads files, and a bundle may be a zip.</summary>
internal sealed class Artifacts
{
    private static readonly string[] Names =
    [
        TrainingFolder.TrainingModel,
        TrainingFolder.EvaluationModel,
        TrainingFolder.OptimizerModel,
        TrainingFolder.Checkpoint,
    ];

    private readonly Dictionary<string, byte[]> _files;

    private Artifacts(string source, Dictionary<string, byte[]> files)
    {
        Source = source;
        _files = files;
    }

    /// <summary>What messages call the folder.</summary>
    internal string Source { get; }

    /// <summary>A file's content.</summary>
    internal byte[] this[string name] => _files[name];

    /// <summary>Reads the files of a bundle.</summary>
    /// <exception cref="BundleException">The bundle has none, or one is damaged.</exception>
    internal static Artifacts Read(BundleFiles files)
    {
        BundleManifest manifest = files.Manifest;
        if (manifest.TrainingAbsence is { } absence)
        {
            throw new BundleException($"{files.Path}: '{manifest.Name}' has nothing for ONNX Runtime Training. {absence}");
        }

        if (manifest.TrainingRates is null || !Names.All(name => files.Contains(InBundle(name))))
        {
            throw new BundleException(
                $"{files.Path}: '{manifest.Name}' lacks what ONNX Runtime Training needs: it was exported by an older version. "
                    + $"'kindling export models/{manifest.Name} --checkpoint {files.Path}' writes it anew."
            );
        }

        return new Artifacts(
            files.Describe(TrainingFolder.Name),
            Names.ToDictionary(name => name, name => files.Read(InBundle(name)), StringComparer.Ordinal)
        );
    }

    /// <summary>Lays the files in a folder of their own, which is gone afterwards.</summary>
    internal T Unpacked<T>(Func<Func<string, string>, T> use)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kindling-training-");
        try
        {
            string PathOf(string name) => Path.Combine(folder.FullName, name);
            foreach ((string name, byte[] bytes) in _files)
            {
                File.WriteAllBytes(PathOf(name), bytes);
            }

            return use(PathOf);
        }
        finally
        {
            Remove(folder);
        }
    }

    private static void Remove(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some systems do not let go of a file that is in use: what then stays is in the system's temporary folder, and does no harm.
        }
    }

    private static string InBundle(string name) => $"{TrainingFolder.Name}/{name}";
}
