using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Tasks.Control;

namespace Kindling.Evaluate;

/// <summary>Which episodes an evaluation runs: their source, shape and seeds.</summary>
internal sealed class EpisodePlan
{
    private const ulong TestStream = 6;
    private const ulong ValidationStream = 9;
    private const ulong StreamStream = 10;
    private const ulong OutsideStream = 11;
    private readonly Lazy<ITaskFamily> own;
    private readonly ITaskFamily test;
    private readonly IReadOnlyList<Episode>? runs;
    private readonly IReadOnlyList<Language> languages;
    private readonly ulong seed;

    /// <summary>Plans the evaluation of a bundle.</summary>
    /// <param name="path">The bundle, for messages.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="options">What is asked for.</param>
    /// <exception cref="BundleException">No recipe, data that are missing or do not fit the bundle, more ways than head slots.</exception>
    public EpisodePlan(string path, BundleManifest manifest, EvaluationOptions options)
    {
        Recipe = BundleRecipe.Of(manifest, path);
        TaskSpec tasks = Recipe.Tasks;
        Shape = options.OneShotRuns
            ? new EpisodeShape(OneShotRuns.Ways, 1, 1)
            : new EpisodeShape(options.Ways ?? tasks.ToShape().Ways, options.Shots ?? tasks.Shots, options.Queries ?? tasks.Queries);
        Episodes = options.OneShotRuns ? OneShotRuns.Count : options.Episodes;
        Steps = options.Steps ?? manifest.InnerRule.Steps;
        seed = options.Seed;
        if (options.OneShotRuns)
        {
            OneShotBundle.Check(path, manifest, tasks);
        }

        CheckWays(path, manifest, Shape.Ways);
        CheckExamples(path, manifest, Shape.SupportCount);
        own = new Lazy<ITaskFamily>(() => Own(path, manifest, tasks, options.DataRoot));
        test =
            options.Source is not { } source ? own.Value
            : manifest.IsDetection ? TaskFamilies.OfObjects(source, manifest)
            : TaskFamilies.OfSource(source, manifest.Preprocessing, manifest.IsClassification);
        runs = options.OneShotRuns ? OneShotRuns.Read(tasks, options.DataRoot, manifest.ForPictures()) : null;
        languages = test is ILanguages all ? [.. all.Languages(Split.Test).Take(Episodes), .. all.Beside] : [];
        Beside = (test as ILanguages)?.Beside.Count ?? 0;
        Episodes = languages.Count > 0 ? languages.Count - Beside : Episodes;
        if (!manifest.IsClassification && test.OutputCount != manifest.Output.Count)
        {
            throw new BundleException(
                $"{options.Source ?? path}: the bundle predicts {manifest.Output.Count} values, the data have {test.OutputCount} targets."
            );
        }
    }

    /// <summary>The bundle's recipe.</summary>
    public Recipe Recipe { get; }

    /// <summary>Test episodes.</summary>
    public int Episodes { get; }

    /// <summary>Episodes behind those that are measured beside them and are not in the means.</summary>
    public int Beside { get; }

    /// <summary>Size of every episode.</summary>
    public EpisodeShape Shape { get; }

    /// <summary>Adaptation steps.</summary>
    public int Steps { get; }

    /// <summary>Test episode <paramref name="number"/>: where tasks are languages each of them once, whatever the seed.</summary>
    public Episode Test(int number) =>
        languages.Count > 0
            ? ((ILanguages)test).Of(languages[number], Shape)
            : runs?[number] ?? test.Sample(Split.Test, Shape, RandomOfTest(number));

    /// <summary>Random numbers of test episode <paramref name="number"/>.</summary>
    public SeededRandom RandomOfTest(int number) => new(seed, TestStream, (ulong)number);

    /// <summary>The language of test episode <paramref name="number"/>; null where tasks are no languages.</summary>
    public Language? Language(int number) => languages.Count > 0 ? languages[number] : null;

    /// <summary>The worlds to act in that tasks are; null where they are something else.</summary>
    public IControlFamily? Worlds => test as IControlFamily;

    /// <summary>The tasks as ones whose outputs are actions; null where they are not.</summary>
    public IActingFamily? Acting => test as IActingFamily;

    /// <summary>Stream <paramref name="number"/> of test tasks.</summary>
    public IReadOnlyList<StreamSegment> Stream(int number, int segments) =>
        TaskStream.Sample(test, Split.Test, Shape, segments, RandomOfStream(number));

    /// <summary>Random numbers of stream <paramref name="number"/>.</summary>
    public SeededRandom RandomOfStream(int number) => new(seed, StreamStream, (ulong)number);

    /// <summary>Validation episode <paramref name="number"/> of the recipe's own tasks; the same ones whatever the seed of the test.</summary>
    /// <exception cref="BundleException">The recipe's data are missing, or too few for the shape.</exception>
    public Episode Validation(int number) =>
        own.Value is ILanguages all
            ? all.Of(all.Languages(Split.Validation)[number % all.Languages(Split.Validation).Count], Shape)
            : own.Value.Sample(Split.Validation, Shape, new SeededRandom(Recipe.Seed, ValidationStream, (ulong)number));

    /// <summary>Inputs of no class for test episode <paramref name="number"/>, as many as it has query examples; null where the tasks have none.</summary>
    public FloatTensor? Outside(int number)
    {
        if ((test as IOutside)?.Outside is not { } all || runs is not null)
        {
            return null;
        }

        int size = all.Count / all.Shape[0];
        int[] chosen = new SeededRandom(seed, OutsideStream, (ulong)number).Sample(all.Shape[0], Math.Min(Shape.QueryCount, all.Shape[0]));
        return new FloatTensor(
            [chosen.Length, .. all.Shape.Skip(1)],
            [.. chosen.SelectMany(row => all.Values[(row * size)..((row + 1) * size)])]
        );
    }

    /// <summary>All texts of the recipe's training classes; empty where its tasks are not about texts.</summary>
    /// <exception cref="BundleException">The recipe's data are missing or not those that it was trained on.</exception>
    public IReadOnlyList<string> TrainingTexts() => (own.Value as ITexts)?.Texts(Split.Train) ?? [];

    // On other data, classes of training could be among those of the test.
    private static ITaskFamily Own(string path, BundleManifest manifest, TaskSpec spec, string dataRoot)
    {
        ITaskFamily tasks = TaskFamilies.Create(spec, dataRoot);
        return manifest.Provenance.DataHash is not { } expected || expected == tasks.DataHash
            ? tasks
            : throw new BundleException(
                $"{path}: trained on data of '{spec.Type}' with hash {expected}, those found have {tasks.DataHash}. Evaluate on other data with --source."
            );
    }

    /// <summary>Whether adaptation takes so many examples at once.</summary>
    /// <exception cref="BundleException">It reads another number.</exception>
    public static void CheckExamples(string path, BundleManifest manifest, int examples)
    {
        if (manifest.InnerRule.Examples is { } expected && expected != examples)
        {
            throw new BundleException($"{path}: adaptation reads exactly {expected} examples, {examples} at a time do not fit.");
        }
    }

    private static void CheckWays(string path, BundleManifest manifest, int ways)
    {
        if (manifest.IsClassification && ways > manifest.Output.Count)
        {
            throw new BundleException($"{path}: the head has {manifest.Output.Count} slots, episodes of {ways} ways do not fit.");
        }

        if (manifest.IsDetection && ways != 1)
        {
            throw new BundleException(
                $"{path}: every picture of a detection episode may show any of its {manifest.Output.Count} classes: it has 1 way, not {ways}."
            );
        }

        if (!manifest.IsClassification && ways != 1)
        {
            throw new BundleException($"{path}: the bundle is a regression, its episodes have 1 way, not {ways}.");
        }
    }
}
