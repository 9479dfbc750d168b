using Kindling.Recipes;

namespace Kindling.TestSupport;

/// <summary>
/// The contract suite of the registry: one row for each meta-learner, which every test of meta-learners takes. A new one is one row here.
/// </summary>
public sealed record AlgorithmCase(string Type)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<AlgorithmCase> All { get; } =
    [
        new("maml") { Figure = 1.4738 },
        new("fomaml") { Figure = 2.2095 },
        new("reptile") { Figure = 2.2975, Inner = """{ "rate": 0.02, "steps": 5 }""" },
        new("anil") { Figure = 1.4733 },
        new("boil") { Figure = 1.8793 },
        new("metasgd") { Figure = 0.8596, Inner = """{ "rate": 0.01 }""" },
        new("mamlpp")
        {
            Figure = 1.5338,
            Inner = """{ "rate": 0.05, "steps": 3 }""",
            Algorithm = """, "multiStep": 0.5, "firstOrder": 0.2""",
        },
        new("imaml")
        {
            Figure = 3.0407,
            Inner = """{ "rate": 0.02, "steps": 16, "proximal": 2 }""",
            Tolerance = 2e-3,
        },
        new("cavia")
        {
            Figure = 0.454,
            Inner = """{ "rate": 1, "steps": 2 }""",
            Network = """, "context": 3""",
        },
        new("protomaml")
        {
            Figure = 0.9508,
            Tolerance = 1e-3,
            IsOfClasses = true,
            Inner = """{ "rate": 0.1, "steps": 2 }""",
        },
        new("protonet")
        {
            Figure = 0.9242,
            Tolerance = 1e-3,
            IsOfClasses = true,
            Inner = """{ "rate": 0.01, "adapts": "head" }""",
        },
        new("leap") { Figure = 2.1962, Inner = """{ "rate": 0.01, "steps": 5 }""" },
        new("warpgrad")
        {
            Figure = 0.7804,
            Inner = """{ "rate": 0.01, "steps": 3 }""",
            Network = """, "warp": true""",
        },
        new("oml") { Figure = 1.4383, Inner = """{ "rate": 0.01, "steps": 1, "batch": 2 }""" },
        new("anml")
        {
            Figure = 0.8795,
            Network = """, "gate": true""",
            Inner = """{ "rate": 0.01, "steps": 1, "batch": 1 }""",
        },
        new("continual-maml") { Figure = 1.4738, Inner = """{ "rate": 0.01, "steps": 2, "jump": 0.5 }""" },
        new("lamaml")
        {
            Figure = 3.099,
            Inner = """{ "rate": 0.01, "steps": 1, "batch": 1 }""",
            Algorithm = """, "outerOptimizer": "rates", "clipNorm": 10""",
        },
        new("daml")
        {
            Figure = 1.9684,
            Tasks = """{ "type": "demonstration", "shots": 5, "queries": 10 }""",
            Inner = """{ "rate": 0.5, "steps": 2, "lossUnits": 8 }""",
        },
        new("joint") { Figure = 2.7011, Inner = """{ "rate": 0.01, "steps": 5 }""" },
        new("random")
        {
            Figure = 4.0985,
            Learns = false,
            Inner = """{ "rate": 0.01, "steps": 5 }""",
        },
    ];

    /// <summary>Whether it learns anything at all: random initialisation is a yardstick that does not.</summary>
    public bool Learns { get; init; } = true;

    /// <summary>
    /// Mean squared error after adaptation, on <c>sinusoid</c> after 300 iterations of 25 tasks from five points, seed 1; or the accuracy on <c>glyphs</c>.
    /// </summary>
    public double Figure { get; init; }

    /// <summary>
    /// How far the engines' gradients may be apart. Conjugate gradients carry rounding on: of an ill-conditioned system they solve, the two solutions of imaml
    /// are further apart than their right sides. Normalisation by the statistics of three pictures does the like.
    /// </summary>
    public double Tolerance { get; init; } = 2e-5;

    /// <summary>Whether it is about classes: <c>glyphs</c> and a convolutional network with prototypes stand in for the curves.</summary>
    public bool IsOfClasses { get; init; }

    /// <summary>The tasks.</summary>
    public string Tasks { get; init; } = """{ "type": "sinusoid", "shots": 5, "queries": 10 }""";

    /// <summary>The inner rule.</summary>
    public string Inner { get; init; } = """{ "rate": 0.01, "steps": 2 }""";

    /// <summary>Further members of the network.</summary>
    public string Network { get; init; } = "";

    /// <summary>Further members of the algorithm.</summary>
    public string Algorithm { get; init; } = "";

    /// <summary>A recipe for it.</summary>
    /// <param name="iterations">Iterations.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="hidden">Units of the two hidden layers.</param>
    /// <param name="tasksPerBatch">Tasks an iteration.</param>
    public Recipe Recipe(int iterations, string engine, int hidden = 8, int tasksPerBatch = 5) =>
        Recipes.Recipe.Parse(
            $$"""
            {
              "name": "contract", "seed": 1,
              "network": {{(IsOfClasses ? Images(hidden) : $$"""{ "type": "mlp", "hidden": [{{hidden}}, {{hidden}}]{{Network}} }""")}},
              "tasks": {{(IsOfClasses ? Glyphs : Tasks)}},
              "algorithm": {
                "type": "{{Type}}", "engine": "{{engine}}", "iterations": {{iterations}}, "tasksPerBatch": {{tasksPerBatch}}, "outerRate": 0.003,
                "validationEpisodes": 200{{Algorithm}}
              },
              "inner": {{Inner}}
            }
            """,
            Type
        );

    private const string Glyphs =
        """{ "type": "glyphs", "size": 16, "ways": 3, "shots": 1, "queries": 2, "trainClasses": 40, "validationClasses": 20, "testClasses": 20 }""";

    private static string Images(int filters) =>
        $$"""{ "type": "conv4", "filters": {{filters}}, "normalization": "layer", "head": "prototypes" }""";

    /// <inheritdoc/>
    public override string ToString() => Type;
}
