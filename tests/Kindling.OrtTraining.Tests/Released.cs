using System.Text.Json.Nodes;
using Kindling.Bundles;

namespace Kindling.OrtTraining.Tests;

/// <summary>Released bundles, with examples of their reference episodes.</summary>
internal static class Released
{
    public const string Linear = "linear";
    public const string Sinusoid = "sinusoid";
    public const string Glyphs = "glyphs-5w1s";
    public const string BatchNormalised = "omniglot-5w1s-paper";

    public static readonly string[] Models = [Linear, Sinusoid, Glyphs, "navigation"];

    private static string Root { get; } = Find();

    public static string Bundle(string model) => Path.Combine(Root, "models", model, "bundle");

    /// <summary>A copy of a bundle whose manifest is changed; hashes are of the other files, so that it stays one.</summary>
    public static string Changed(string model, TemporaryFolder folder, Func<string, string> manifest)
    {
        string source = Bundle(model);
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder[model], Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        string path = Path.Combine(folder[model], BundleManifest.FileName);
        string before = File.ReadAllText(path);
        string after = manifest(before);
        Assert.That(after, Is.Not.EqualTo(before));
        File.WriteAllText(path, after);
        return folder[model];
    }

    /// <summary>A copy of a bundle with other session rates.</summary>
    public static string WithRates(string model, TemporaryFolder folder, params float[] rates) =>
        Changed(
            model,
            folder,
            json =>
            {
                JsonNode manifest = JsonNode.Parse(json)!;
                manifest["trainingRates"] = new JsonArray([.. rates.Select(rate => (JsonNode)rate)]);
                return manifest.ToJsonString();
            }
        );

    /// <summary>The examples of an episode.</summary>
    /// <param name="model">The model.</param>
    /// <param name="episode">Number of the episode.</param>
    /// <param name="part">support or query.</param>
    /// <param name="classes">Names of the classes in slot order; more than a task has are ignored.</param>
    public static SupportSet Examples(string model, int episode = 0, string part = "support", string classes = "abcde")
    {
        using BundleFiles files = BundleFiles.Open(Bundle(model));
        IReadOnlyDictionary<string, FloatTensor> tensors = files.ReadTensors("reference/episodes.safetensors").Tensors;
        FloatTensor x = tensors[$"{episode}.{part}.x"];
        FloatTensor y = tensors[$"{episode}.{part}.y"];
        return files.Manifest.IsClassification
            ? SupportSet.FromTensors(x, Array.ConvertAll(y.Values, label => (int)label), [.. classes.Select(name => $"{name}")])
            : SupportSet.FromTargets(x, y);
    }

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
        {
            folder = folder.Parent;
        }

        return folder!.FullName;
    }
}
