using Kindling.Export;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Tests;

/// <summary>A bundle of a tiny network after two iterations of training, in a temporary folder.</summary>
public sealed class TrainedBundle : IDisposable
{
    public const string Sinusoid = """{ "type": "sinusoid", "shots": 10, "queries": 5 }""";

    public const string Glyphs =
        """{ "type": "glyphs", "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 }""";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kindling");

    public TrainedBundle(string network, string tasks, string inner)
    {
        Recipe recipe = Recipe.Parse(RecipeText(network, tasks, "fomaml", inner), "test");
        string checkpoint = System.IO.Path.Combine(folder.FullName, "checkpoint");
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), checkpoint, TimeProvider.System);
        _ = session.Run(1, resume: false, new Progress<TrainingProgress>(), CancellationToken.None);
        _ = BundleExporter.Export(checkpoint, Path);
    }

    public string Path => System.IO.Path.Combine(folder.FullName, "bundle");

    public static string RecipeText(string network, string tasks, string algorithm, string inner) =>
        $$"""
            {
              "name": "test", "seed": 7, "network": {{network}}, "tasks": {{tasks}},
              "algorithm": { "type": "{{algorithm}}", "iterations": 2, "tasksPerBatch": 2, "validationEpisodes": 2 },
              "inner": {{inner}}
            }
            """;

    public void Dispose() => folder.Delete(recursive: true);
}
