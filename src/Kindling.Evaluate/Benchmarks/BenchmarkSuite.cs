using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Tasks;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>All benchmarks of a folder of models: its bundles and the training of its recipes.</summary>
public sealed class BenchmarkSuite
{
    /// <summary>Folder with a folder for each model: <c>NAME/recipe.json</c>, <c>NAME/bundle</c>.</summary>
    public required string Models { get; init; }

    /// <summary>Folder of data sets; recipes whose data are not there are left out and listed.</summary>
    public required string DataRoot { get; init; }

    /// <summary>Threads within one run of an adaptation step.</summary>
    public required int AdaptThreads { get; init; }

    /// <summary>Training tasks at a time.</summary>
    public required int TrainThreads { get; init; }

    /// <summary>Program that <see cref="StartBenchmark"/> starts.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments before bundle and episode.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Runs everything, minutes for each recipe.</summary>
    /// <param name="progress">Receives what is being measured.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="BundleException">There is nothing to measure, or a bundle is damaged or can not be measured.</exception>
    public BenchmarkSuiteReport Run(IProgress<string> progress, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(progress);
        string[] models = Directory.Exists(Models)
            ? [.. Directory.EnumerateDirectories(Models).Order(StringComparer.Ordinal)]
            : throw new BundleException($"{Models}: expected a folder of models, there is none.");
        List<AdaptBenchmarkReport> adapt = [];
        List<StartBenchmarkReport> start = [];
        List<TrainBenchmarkReport> train = [];
        Dictionary<string, string> skipped = new(StringComparer.Ordinal);
        foreach (string bundle in models.Select(m => Path.Combine(m, "bundle")).Where(Directory.Exists))
        {
            progress.Report($"{bundle}: adaptation");
            adapt.Add(AdaptBenchmark.Measure(bundle, AdaptThreads, time));
            start.Add(StartBenchmark.Measure(bundle, Program, Arguments, time));
        }

        foreach (string model in models.Where(m => File.Exists(Path.Combine(m, "recipe.json"))))
        {
            progress.Report($"{model}: training");
            Recipe recipe = Recipe.Read(model);
            if (Tasks(recipe, out string fault) is { } tasks)
            {
                train.Add(TrainBenchmark.Measure(recipe, tasks, TrainThreads, time));
            }
            else
            {
                skipped[recipe.Name] = fault;
            }
        }

        return adapt.Count + train.Count + skipped.Count > 0
            ? new()
            {
                Adapt = adapt,
                Start = start,
                Train = train,
                Skipped = skipped,
            }
            : throw new BundleException($"{Models}: expected models with a bundle or a recipe, there are none.");
    }

    private ITaskFamily? Tasks(Recipe recipe, out string fault)
    {
        try
        {
            fault = "";
            return TaskFamilies.Create(recipe.Tasks, DataRoot);
        }
        catch (Exception e) when (e is BundleException or DllNotFoundException)
        {
            fault = e.Message;
            return null;
        }
    }
}
