using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
using Kindling.Train.Session;

namespace Kindling.Evaluate.Sweeps;

/// <summary>
/// Trains recipes with several seeds and values, and measures each on tasks of one split. Every finished training is a line of <c>results.jsonl</c>; what
/// stands there is not trained again, and an interrupted training goes on from its checkpoint.
/// </summary>
/// <param name="folder">Where results and checkpoints go.</param>
/// <param name="data">Folder of data sets.</param>
/// <param name="time">The clock.</param>
public sealed class Sweep(string folder, string data, TimeProvider time)
{
    private const string ResultsFile = "results.jsonl";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Tasks at a time.</summary>
    public required int Threads { get; init; }

    /// <summary>Seeds of each setting: the recipe's and those that follow it.</summary>
    public required int Seeds { get; init; }

    /// <summary>Tasks that each training is measured on.</summary>
    public required int Episodes { get; init; }

    /// <summary>Where these come from: validation to choose by, test for the final figures.</summary>
    public required Split Split { get; init; }

    /// <summary>Trains what is missing.</summary>
    /// <param name="settings">The settings; all recipes are read before the first training.</param>
    /// <param name="begun">Gets the name of each training before it starts.</param>
    /// <param name="progress">Gets the progress of each training.</param>
    /// <param name="cancellation">Stops after the current iteration, whose checkpoint is saved.</param>
    /// <returns>The results so far, those of earlier runs included, in the order of settings and seeds.</returns>
    /// <exception cref="BundleException">A recipe or data are wrong, or a file of results is damaged.</exception>
    public IReadOnlyList<SweepRow> Run(
        IReadOnlyList<SweepSetting> settings,
        Action<string> begun,
        IProgress<TrainingProgress> progress,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(begun);
        (SweepSetting Setting, Recipe Recipe)[] plan =
        [
            .. settings.SelectMany(setting =>
            {
                Recipe first = Recipe.Parse(setting.Recipe, setting.Label, setting.Members, setting.Files);
                return Enumerable.Range(0, Seeds).Select(s => (setting, first.With(null, first.Seed + (ulong)s)));
            }),
        ];
        if (settings.GroupBy(s => s.Label, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } same)
        {
            throw new BundleException(
                $"{same.Key}: {same.Count()} settings are called so, and the table would take them for seeds of one; expected recipes in files or folders of different names, and each value once."
            );
        }

        _ = Directory.CreateDirectory(folder);
        Dictionary<string, SweepRow> done = Read();
        Dictionary<string, ITaskFamily> families = new(StringComparer.Ordinal);
        List<SweepRow> rows = [];
        foreach ((SweepSetting setting, Recipe recipe) in plan)
        {
            // seeds and most values share their data, which may take seconds to read
            string described = JsonSerializer.Serialize(recipe.Tasks);
            if (!families.TryGetValue(described, out ITaskFamily? tasks))
            {
                families[described] = tasks = TaskFamilies.Create(recipe.Tasks, data);
            }

            string key = Key(recipe, tasks);
            if (done.TryGetValue(key, out SweepRow? finished))
            {
                rows.Add(finished with { Setting = setting.Label });
                continue;
            }

            if (cancellation.IsCancellationRequested)
            {
                break;
            }

            begun($"{setting.Label} seed {recipe.Seed}");
            if (Train(setting.Label, recipe, tasks, key, progress, cancellation) is { } row)
            {
                File.AppendAllText(Path.Combine(folder, ResultsFile), JsonSerializer.Serialize(row, Json) + "\n");
                Directory.Delete(RunFolder(key), recursive: true);
                done[key] = row;
                rows.Add(row);
            }
        }

        return rows;
    }

    private SweepRow? Train(
        string label,
        Recipe recipe,
        ITaskFamily tasks,
        string key,
        IProgress<TrainingProgress> progress,
        CancellationToken cancellation
    )
    {
        string run = RunFolder(key);
        TrainingSession session = new(recipe, tasks, run, time) { TrainsBaseline = false };
        bool resume = File.Exists(Path.Combine(run, Checkpoint.LastFile));
        try
        {
            if (!session.Run(Threads, resume, progress, cancellation))
            {
                return null;
            }
        }
        catch (TrainingDivergedException)
        {
            // A result like any other: these values do not work.
            return new SweepRow
            {
                Setting = label,
                Key = key,
                Seed = recipe.Seed,
                Iteration = 0,
                Seconds = 0,
                Diverged = true,
                Metric = [.. Enumerable.Repeat(double.NaN, recipe.Inner.StepsInApp + 1)],
            };
        }

        (IReadOnlyDictionary<string, FloatTensor> theta, CheckpointState state) = Checkpoint.Read(run, Checkpoint.ThetaFile);
        using MetaTrainer trainer = new(recipe, tasks, Threads, theta);
        double[][] metrics = trainer.Evaluate(trainer.Parameters, Split, Episodes, recipe.Seed);
        return new SweepRow
        {
            Setting = label,
            Key = key,
            Seed = recipe.Seed,
            Iteration = state.BestIteration ?? state.Iteration,
            Seconds = state.Seconds,
            Metric = MetricSeries.Of(metrics).Mean,
        };
    }

    private string RunFolder(string key) => Path.Combine(folder, "runs", key[..16]);

    private string Key(Recipe recipe, ITaskFamily tasks) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{recipe.ToJson()} {tasks.DataHash} {Split} {Episodes}")));

    private Dictionary<string, SweepRow> Read()
    {
        string file = Path.Combine(folder, ResultsFile);
        Dictionary<string, SweepRow> rows = new(StringComparer.Ordinal);
        if (!File.Exists(file))
        {
            return rows;
        }

        // a last line that a kill cut short does not count, and the next one must not go on from it
        string text = File.ReadAllText(file);
        string[] lines = text.Split('\n')[..^1];
        if (!text.EndsWith('\n'))
        {
            AtomicFile.Write(file, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
        }

        for (int i = 0; i < lines.Length; i++)
        {
            try
            {
                SweepRow row = JsonSerializer.Deserialize<SweepRow>(lines[i], Json) ?? throw new JsonException("Got null.");
                rows[row.Key] = row;
            }
            catch (JsonException e)
            {
                throw new BundleException($"{file}, line {i + 1}: expected a result of a sweep. {e.Message}", e);
            }
        }

        return rows;
    }
}
