using System.Globalization;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>The episodes that training left in a bundle: real data to measure with where the data set itself is not at hand.</summary>
internal sealed class BundleEpisodes
{
    private const string FileName = "reference/episodes.safetensors";
    private readonly string path;
    private readonly BundleManifest manifest;
    private readonly SafetensorsFile file;

    private BundleEpisodes(string path, BundleManifest manifest, SafetensorsFile file)
    {
        this.path = path;
        this.manifest = manifest;
        this.file = file;
        while (file.Tensors.ContainsKey(Key(Count, "support.x")))
        {
            Count++;
        }
    }

    /// <summary>Number of episodes, at least 1.</summary>
    public int Count { get; }

    /// <summary>Reads a bundle's episodes.</summary>
    /// <exception cref="BundleException">There is no bundle, or no episode in it.</exception>
    public static BundleEpisodes Read(string path)
    {
        using BundleFiles files = BundleFiles.Open(path);
        if (!files.Contains(FileName))
        {
            throw new BundleException($"{path}: expected reference episodes to measure with, {FileName} is missing.");
        }

        BundleEpisodes episodes = new(path, files.Manifest, files.ReadTensors(FileName));
        return episodes.Count > 0 ? episodes : throw new BundleException($"{path}: {FileName} holds no episode.");
    }

    /// <summary>The support set of an episode.</summary>
    public SupportSet Support(int episode) => Support(manifest, Tensor(episode, "support.x"), Tensor(episode, "support.y"));

    /// <summary>The first query input of an episode, without the batch.</summary>
    public FloatTensor Query(int episode)
    {
        FloatTensor all = Tensor(episode, "query.x");
        return new FloatTensor([.. all.Shape.Skip(1)], all.Values[..(all.Count / all.Shape[0])]);
    }

    /// <summary>Examples as a support set.</summary>
    /// <param name="manifest">The bundle's manifest.</param>
    /// <param name="x">Inputs.</param>
    /// <param name="y">Slots or targets.</param>
    public static SupportSet Support(BundleManifest manifest, FloatTensor x, FloatTensor y) =>
        manifest.IsClassification
            ? SupportSet.FromTensors(
                x,
                [.. y.Values.Select(v => (int)v)],
                manifest.Output.Names ?? [.. Enumerable.Range(0, manifest.Output.Count).Select(i => $"class {i:000}")]
            )
            : SupportSet.FromTargets(x, y);

    /// <summary>Writes what <see cref="FirstPrediction"/> reads: the support set and the first query input of one episode.</summary>
    public void Write(int episode, string target) =>
        SafetensorsFile.Write(
            target,
            new Dictionary<string, FloatTensor>(StringComparer.Ordinal)
            {
                ["support.x"] = Tensor(episode, "support.x"),
                ["support.y"] = Tensor(episode, "support.y"),
                ["query"] = Query(episode),
            }
        );

    private static string Key(int episode, string name) => string.Create(CultureInfo.InvariantCulture, $"{episode}.{name}");

    private FloatTensor Tensor(int episode, string name) =>
        file.Tensors.TryGetValue(Key(episode, name), out FloatTensor? tensor)
            ? tensor
            : throw new BundleException($"{path}: {FileName} has no tensor '{Key(episode, name)}'.");
}
