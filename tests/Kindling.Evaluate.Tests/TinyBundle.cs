using Kindling.Export;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Tests;

/// <summary>A bundle that was trained for moments, in a folder of its own.</summary>
internal sealed class TinyBundle : IDisposable
{
    private const string Glyphs =
        """{ "type": "glyphs", "size": 16, "ways": 3, "shots": 2, "queries": 5, "trainClasses": 12, "validationClasses": 6, "testClasses": 6 }""";

    private readonly string folder = Directory.CreateTempSubdirectory("kindling").FullName;

    private TinyBundle(string network, string tasks, string algorithm, string inner)
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "tiny", "seed": 7, "network": {{network}}, "tasks": {{tasks}},
              "algorithm": { "type": "{{(
                inner.Contains("fixed", StringComparison.Ordinal) || !inner.Contains("rates", StringComparison.Ordinal) ? "fomaml" : "maml"
            )}}", "validationEpisodes": 4, {{algorithm}} },
              "inner": { {{inner}} }
            }
            """,
            "test"
        );
        Checkpoint = System.IO.Path.Combine(folder, "checkpoint");
        TrainingSession session = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), Checkpoint, TimeProvider.System);
        _ = session.Run(2, resume: false, new Progress<TrainingProgress>(), CancellationToken.None);
        Path = System.IO.Path.Combine(folder, "bundle");
        _ = BundleExporter.Export(Checkpoint, Path);
    }

    public string Path { get; }

    public string Checkpoint { get; }

    /// <summary>y = a x; joint training finds the mean line y = 2.5 x.</summary>
    public static TinyBundle Lines() =>
        new(
            """{ "type": "linear" }""",
            """{ "type": "linear", "shots": 10, "queries": 10 }""",
            "\"iterations\": 300, \"tasksPerBatch\": 5, \"outerRate\": 0.3, \"schedule\": \"cosine\"",
            "\"rate\": 0.01, \"steps\": 1, \"adaptationSteps\": 3"
        );

    /// <summary>Curves and a network with one hidden layer.</summary>
    public static TinyBundle Curves(string optimizer = "sgd", string rates = "fixed") =>
        new(
            """{ "type": "mlp", "hidden": [16] }""",
            """{ "type": "sinusoid", "shots": 5, "queries": 5 }""",
            "\"iterations\": 20, \"tasksPerBatch\": 5",
            $"\"optimizer\": \"{optimizer}\", \"rate\": 0.005, \"rates\": \"{rates}\", \"steps\": 1, \"adaptationSteps\": 3"
        );

    /// <summary>Characters, 3-way 2-shot.</summary>
    public static TinyBundle Characters(string normalization, string rates = "fixed") =>
        new(
            $$"""{ "type": "conv4", "filters": 8, "normalization": "{{normalization}}" }""",
            Glyphs,
            "\"iterations\": 30, \"tasksPerBatch\": 4, \"outerRate\": 0.01",
            $"\"rate\": 0.1, \"rates\": \"{rates}\", \"steps\": 1, \"adaptationSteps\": 2"
        );

    /// <summary>The lines y = a x of a CSV file, a task each.</summary>
    public static TinyBundle Table(string csv) =>
        new(
            """{ "type": "linear" }""",
            $$"""{ "type": "table", "source": {{System.Text.Json.JsonSerializer.Serialize(csv)}}, "shots": 2, "queries": 2 }""",
            "\"iterations\": 2, \"tasksPerBatch\": 2",
            "\"rate\": 0.01"
        );

    /// <summary>Writes a file beside the bundle.</summary>
    public string Write(string name, string text)
    {
        string file = System.IO.Path.Combine(folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
