namespace Kindling.Cli.Tests;

/// <summary>Two small bundles, trained once for all tests of a fixture: a line and a classifier of pictures.</summary>
internal sealed class Models : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public string LinearModel => folder["linear"];

    public string LinearBundle => Path.Combine(LinearModel, "build");

    public string GlyphModel => folder["glyphs"];

    public string GlyphBundle => Path.Combine(GlyphModel, "build");

    public string this[string name] => folder[name];

    public void TrainLinear()
    {
        WriteRecipe(
            LinearModel,
            """
            {
              "name": "line", "description": "y = a x", "seed": 1,
              "network": { "type": "linear" },
              "tasks": { "type": "linear", "ways": 1, "shots": 5, "queries": 5 },
              "algorithm": { "type": "maml", "iterations": 100, "tasksPerBatch": 4, "outerRate": 0.02, "validationEpisodes": 10 },
              "inner": { "rate": 0.0425, "steps": 1 }
            }
            """
        );
        Cli.Succeed("train", LinearModel);
        Cli.Succeed("export", LinearModel);
    }

    public void TrainGlyphs()
    {
        WriteRecipe(
            GlyphModel,
            """
            {
              "name": "glyphs", "seed": 1,
              "network": { "type": "conv4", "filters": 16, "normalization": "support" },
              "tasks": { "type": "glyphs", "ways": 5, "shots": 1, "queries": 1, "trainClasses": 60, "validationClasses": 5, "testClasses": 5 },
              "algorithm": { "type": "maml", "iterations": 40, "tasksPerBatch": 4, "outerRate": 0.003, "validationEpisodes": 2 },
              "inner": { "rate": 0.4, "steps": 1, "adaptationSteps": 3 }
            }
            """
        );
        Cli.Succeed("train", GlyphModel);
        Cli.Succeed("export", GlyphModel);
    }

    public string Write(string name, string text)
    {
        string path = folder[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => folder.Dispose();

    private static void WriteRecipe(string model, string recipe)
    {
        Directory.CreateDirectory(model);
        File.WriteAllText(Path.Combine(model, "recipe.json"), recipe);
    }
}
