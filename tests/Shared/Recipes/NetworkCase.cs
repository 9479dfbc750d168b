using System.Globalization;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.TestSupport;

/// <summary>
/// The contract suite of the catalogue: one row for each network, small, with generated tasks of its kind of input. A new network is one row here.
/// </summary>
/// <param name="Network">Its members.</param>
/// <param name="Input">What it reads; glyphs stand in for it.</param>
public sealed record NetworkCase(string Network, NetworkInput Input)
{
    private const int Size = 16;
    private const int Length = 24;
    private const int SceneSize = 32;

    private static readonly string Glyphs =
        $$"""{ "type": "glyphs", "size": {{Size}}, "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 }""";

    private static readonly string Scenes =
        $$"""{ "type": "scenes", "size": {{SceneSize}}, "ways": 2, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 }""";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<NetworkCase> All { get; } =
    [
        .. from positions in new[] { "learned", "rotary" }
        select new NetworkCase(
            $$"""{ "type": "transformer", "layers": 2, "width": 8, "heads": 2, "positions": "{{positions}}", "vocabulary": 7 }""",
            NetworkInput.Codes
        ),
        new(
            """{ "type": "transformer", "layers": 1, "width": 8, "heads": 2, "vocabulary": 7, "head": "prototypes" }""",
            NetworkInput.Codes
        ),
        .. from mode in new[] { "none", "batch", "support", "group", "layer" }
        select new NetworkCase(
            $$"""{ "type": "resnet12", "widths": [4, 4, 8, 8], "groups": 2, "normalization": "{{mode}}" }""",
            NetworkInput.Image
        )
        {
            Rate = 0.01,
        },
        .. from mode in new[] { "none", "batch", "support", "group", "layer" }
        select new NetworkCase(
            $$"""{ "type": "dscnn", "layers": 2, "width": 8, "kernel": [4, 3], "groups": 2, "normalization": "{{mode}}" }""",
            NetworkInput.Image
        ),
        .. from mode in new[] { "none", "support", "layer" }
        from causal in new[] { "true", "false" }
        select new NetworkCase(
            $$"""{ "type": "tcn", "layers": 2, "width": 8, "causal": {{causal}}, "normalization": "{{mode}}" }""",
            NetworkInput.Signal
        ),
        .. from type in new[] { "gru", "lstm" }
        from input in new[] { NetworkInput.Signal, NetworkInput.Codes }
        select new NetworkCase(
            $$"""{ "type": "{{type}}", "layers": 2, "width": 8{{(input == NetworkInput.Codes ? ", \"vocabulary\": 7" : "")}} }""",
            input
        ),
        new("""{ "type": "text-cnn", "width": 8, "filters": 4, "vocabulary": 7 }""", NetworkInput.Codes),
        .. from type in new[] { "transformer", "gru", "lstm" }
        from input in new[] { NetworkInput.NextCode, NetworkInput.Copies }
        select new NetworkCase(
            $$"""{ "type": "{{type}}-lm", "layers": 2, "width": 8, {{(type == "transformer" ? "\"heads\": 2, " : "")}}"vocabulary": 7 }""",
            input
        ),
        .. from mode in new[] { "none", "support", "group" }
        select new NetworkCase($$"""{ "type": "detector", "filters": 8, "groups": 2, "normalization": "{{mode}}" }""", NetworkInput.Scene),
        new("""{ "type": "detector", "backbone": "resnet12", "widths": [4, 4, 8, 8], "normalization": "layer" }""", NetworkInput.Scene)
        {
            Rate = 0.01,
        },
    ];

    /// <summary>
    /// Its inner rate. Deep networks of a few filters, normalised by the statistics of six pictures, answer a larger one with chaos: whether one maximum of two
    /// equal values is the first or the second changes all that follows.
    /// </summary>
    public double Rate { get; init; } = 0.05;

    /// <summary>A recipe for it.</summary>
    /// <param name="iterations">Iterations.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="algorithm">The meta-learner.</param>
    /// <param name="steps">Inner steps.</param>
    public Recipe Recipe(int iterations, string engine, string algorithm = "maml", int steps = 1) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "network", "seed": 3, "network": {{Network}},
              "tasks": {{(
                Input switch
                {
                    NetworkInput.NextCode or NetworkInput.Copies => """{ "type": "sinusoid", "shots": 4, "queries": 4 }""",
                    NetworkInput.Scene => Scenes,
                    _ => Glyphs,
                }
            )}},
              "algorithm": { "type": "{{algorithm}}", "engine": "{{engine}}", "iterations": {{iterations}}, "tasksPerBatch": 4, "validationEpisodes": 4 },
              "inner": { "rate": {{Rate.ToString(CultureInfo.InvariantCulture)}}, "steps": {{steps}}{{(Input == NetworkInput.Scene ? ", \"loss\": \"detection\"" : "")}} }
            }
            """,
            Network
        );

    /// <summary>Its tasks.</summary>
    public ITaskFamily Tasks()
    {
        ITaskFamily glyphs = TaskFamilies.Create(
            new TaskSpec
            {
                Type = "glyphs",
                Size = Size,
                Ways = 3,
                Shots = 2,
                Queries = 2,
                TrainClasses = 6,
                ValidationClasses = 4,
                TestClasses = 4,
            },
            ""
        );
        return Input switch
        {
            NetworkInput.Image => glyphs,
            NetworkInput.Scene => TaskFamilies.Create(Recipe(1, "torch").Tasks, ""),
            // rows of the picture are channels, columns are times
            NetworkInput.Signal => new ReshapedTasks(glyphs, [Size, Size], 1, (pixel, _) => pixel),
            NetworkInput.Codes => Codes(),
            _ => new NextCodeTasks(Codes(), Input == NetworkInput.Copies ? 2 : 0),
        };

        // grey levels as codes, and padding behind a place that differs from example to example
        ITaskFamily Codes() =>
            new ReshapedTasks(
                glyphs,
                [Length],
                Size * Size / Length,
                (pixel, i) => i > Length / 2 && pixel < 0.3f ? 0 : 1 + MathF.Floor(pixel * 5.9f)
            );
    }

    /// <inheritdoc/>
    public override string ToString() => Network;
}
