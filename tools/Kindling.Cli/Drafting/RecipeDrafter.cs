using System.Text.Json.Nodes;
using Kindling.Bundles;
using Kindling.Tasks;
using Kindling.Tasks.Files;

namespace Kindling.Cli.Drafting;

/// <summary>Writes a recipe that fits given data.</summary>
internal static class RecipeDrafter
{
    private const int ColourSize = 48;
    private const double LeastSpread = 0.1;
    private const double MostSpread = 10;

    /// <summary>A recipe for a folder of class folders, or for a CSV file.</summary>
    /// <param name="path">The data.</param>
    /// <param name="source">What the recipe calls them.</param>
    /// <exception cref="BundleException">There are no such data, or too few.</exception>
    public static Draft For(string path, string source) =>
        Directory.Exists(path) ? ForPictures(path, source)
        : File.Exists(path) ? ForTable(path, source)
        : throw new BundleException($"{path}: there is nothing here; expected a folder of class folders of pictures, or a CSV file.");

    private static Draft ForPictures(string path, string source)
    {
        PictureSurvey survey = PictureSurvey.Of(path);
        EpisodeShape shape = EpisodeChoice.ForClasses(survey.Classes, path, "pictures");
        int size = Math.Clamp(survey.Sides.Median, 8, survey.IsColour ? ColourSize : ImagePreprocessing.DefaultSize);
        JsonObject tasks = Tasks("images", source, shape);
        tasks["size"] = size;
        if (survey.IsColour)
        {
            tasks["channels"] = 3;
        }

        JsonObject network = new()
        {
            ["type"] = "conv4",
            ["filters"] = 32,
            ["normalization"] = "support",
        };
        return new Draft(
            Recipe(
                network,
                tasks,
                "maml",
                2000,
                8,
                new JsonObject
                {
                    ["rate"] = 0.4,
                    ["steps"] = 1,
                    ["adaptationSteps"] = 3,
                }
            ),
            [
                .. Episodes(survey.Classes, shape, "pictures"),
                $"pictures {size}x{size}: the larger side of the pictures is {survey.Sides.Least} to {survey.Sides.Most} pixels, {survey.Sides.Median} in the middle; raise tasks.size where fine detail matters",
                survey.IsColour
                    ? "3 channels: most pictures have colours; they are used as they are, neither inverted nor stretched"
                    : "1 channel: the pictures are grey; dark on light and light on dark become alike, contrast is stretched",
                "conv4 with 32 filters: small enough for a processor; statistics of the support set, because an app sees one picture at a time",
                "maml, one step of 0.4 in training and three in the app: what works for characters",
            ]
        );
    }

    private static Draft ForTable(string path, string source)
    {
        TableFile table = TableFile.Read(path);
        string columns = $"{table.Columns.Count} input columns ({string.Join(", ", table.Columns)}), standardised";
        if (table.Tasks is { } names)
        {
            FloatTensor targets = table.Targets();
            GroupSizes sizes = GroupSizes.Of(names.CountBy(n => n).Select(n => (n.Key, n.Value)));
            EpisodeShape shape = EpisodeChoice.ForTasks(sizes, path);
            double spread = RequireSpread(targets.Values, path, table.TargetColumns);
            return new Draft(
                Recipe(
                    Mlp("none"),
                    Tasks("table", source, shape),
                    "maml",
                    5000,
                    16,
                    new JsonObject
                    {
                        ["rate"] = 0.01,
                        ["steps"] = 1,
                        ["adaptationSteps"] = 10,
                    }
                ),
                [
                    columns,
                    $"regression of {string.Join(", ", table.TargetColumns)}: the column '{TableFile.TaskColumn}' makes {sizes.Count} tasks of {sizes.Least} to {sizes.Most} rows",
                    $"{shape.Shots} rows to adapt to and {shape.Queries} to judge by: the smallest task, '{sizes.Smallest}', has {sizes.Least}",
                    $"mlp of two layers of 40, one step of 0.01 in training and ten in the app: fits targets that spread by about 1, these do by {spread:0.###}",
                ]
            );
        }

        if (table.TargetColumns is not [TableFile.LabelColumn])
        {
            throw new BundleException(
                $"{path}: expected a column '{TableFile.LabelColumn}' with class names, or a column '{TableFile.TaskColumn}' that makes regressions; got "
                    + $"{string.Join(", ", table.Columns.Concat(table.TargetColumns))}."
            );
        }

        GroupSizes classes = GroupSizes.Of(table.Classes().CountBy(n => n).Select(n => (n.Key, n.Value)));
        EpisodeShape episode = EpisodeChoice.ForClasses(classes, path, "rows");
        return new Draft(
            Recipe(
                Mlp("layer"),
                Tasks("table", source, episode),
                "maml",
                5000,
                16,
                new JsonObject
                {
                    ["rate"] = 0.1,
                    ["steps"] = 3,
                    ["adaptationSteps"] = 5,
                }
            ),
            [
                columns,
                .. Episodes(classes, episode, "rows"),
                "mlp of two layers of 40 with layer normalization: works for one row at a time",
                "maml, three steps of 0.1 in training and five in the app",
            ]
        );
    }

    private static string[] Episodes(GroupSizes classes, EpisodeShape shape, string examples) =>
        [
            $"{shape.Ways} classes a task: there are {classes.Count}, and training, validation and test take theirs from different ones",
            $"{shape.Shots} {examples} of each class to adapt to and {shape.Queries} to judge by: the smallest class, '{classes.Smallest}', has {classes.Least}, the largest {classes.Most}",
        ];

    private static JsonObject Mlp(string normalization) =>
        new()
        {
            ["type"] = "mlp",
            ["hidden"] = new JsonArray(40, 40),
            ["normalization"] = normalization,
        };

    private static JsonObject Tasks(string type, string source, EpisodeShape shape) =>
        new()
        {
            ["type"] = type,
            ["source"] = source,
            ["ways"] = shape.Ways,
            ["shots"] = shape.Shots,
            ["queries"] = shape.Queries,
        };

    private static JsonObject Recipe(
        JsonObject network,
        JsonObject tasks,
        string algorithm,
        int iterations,
        int tasksPerBatch,
        JsonObject inner
    ) =>
        new()
        {
            ["network"] = network,
            ["tasks"] = tasks,
            ["algorithm"] = new JsonObject
            {
                ["type"] = algorithm,
                ["iterations"] = iterations,
                ["tasksPerBatch"] = tasksPerBatch,
                ["outerRate"] = 0.001,
                ["schedule"] = "cosine",
                ["validateEvery"] = 250,
                ["validationEpisodes"] = 100,
                ["checkpointEvery"] = 250,
            },
            ["inner"] = inner,
        };

    /// <summary>The standard deviation of the targets, with which the steps of an inner loop must fit.</summary>
    private static double RequireSpread(float[] values, string path, IReadOnlyList<string> columns)
    {
        double mean = values.Average(v => (double)v);
        double spread = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        return spread is >= LeastSpread and <= MostSpread
            ? spread
            : throw new BundleException(
                $"{path}: {string.Join(", ", columns)} spread by {spread:0.###} (standard deviation), {LeastSpread} to {MostSpread} is needed; "
                    + "shift and scale the targets so that they spread by about 1."
            );
    }
}
