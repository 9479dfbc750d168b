using Kindling.Adapt;
using Kindling.Tasks;

namespace Kindling.Evaluate;

/// <summary>What to evaluate a bundle on, and with what. Where nothing is said, the recipe decides.</summary>
public sealed class EvaluationOptions
{
    /// <summary>Default of <see cref="Episodes"/>.</summary>
    public const int DefaultEpisodes = 600;

    /// <summary>Default of <see cref="Seed"/>.</summary>
    public const ulong DefaultSeed = 1;

    /// <summary><see cref="Engine"/>: ONNX Runtime, as in apps (the default).</summary>
    public const string OrtEngine = "ort";

    /// <summary><see cref="Engine"/>: the trainer's inner loop in libtorch.</summary>
    public const string TorchEngine = "torch";

    /// <summary>Test episodes; 600 by default. Not read with <see cref="OneShotRuns"/>.</summary>
    public int Episodes { get; init; } = DefaultEpisodes;

    /// <summary>Classes of an episode, at most the head's slots; the recipe's if null.</summary>
    public int? Ways { get; init; }

    /// <summary>Support examples a class (points for regression); the recipe's if null.</summary>
    public int? Shots { get; init; }

    /// <summary>Query examples a class (points for regression); the recipe's if null.</summary>
    public int? Queries { get; init; }

    /// <summary>Adaptation steps; the bundle's if null.</summary>
    public int? Steps { get; init; }

    /// <summary>Seed of the episodes and of fresh parameters; 1 by default.</summary>
    public ulong Seed { get; init; } = DefaultSeed;

    /// <summary>What adapts the bundle: <see cref="OrtEngine"/> or <see cref="TorchEngine"/>. Baselines always run on ONNX Runtime.</summary>
    public string Engine { get; init; } = OrtEngine;

    /// <summary>What ONNX Runtime computes on.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Number of the GPU.</summary>
    public int Device { get; init; }

    /// <summary>A folder of class folders of pictures or a CSV file: all that is in it is tested on, instead of the recipe's test tasks.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// Whether to evaluate on the 20 runs of Omniglot's one-shot classification (<see cref="Tasks.OneShotRuns"/>) instead of the recipe's test tasks. They give
    /// the number and the size of the episodes.
    /// </summary>
    public bool OneShotRuns { get; init; }

    /// <summary>Jointly trained weights (.safetensors) for the baseline <c>joint</c> in place of the bundle's own; null for those.</summary>
    public string? Joint { get; init; }

    /// <summary>Folder of the data sets that recipes name.</summary>
    public string DataRoot { get; init; } = Tasks.DataRoot.DefaultFolder;

    /// <summary>All faults at once; empty when the options are valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        foreach (
            (string name, int? value, int most) in new[]
            {
                ("Episodes", Episodes, TaskSpec.MaximumCount),
                ("Ways", Ways, TaskSpec.MaximumCount),
                ("Shots", Shots, TaskSpec.MaximumCount),
                ("Queries", Queries, TaskSpec.MaximumCount),
                ("Steps", Steps, AdaptOptions.MaximumSteps),
            }
        )
        {
            if (value < 1 || value > most)
            {
                faults.Add($"{name}: expected 1 to {most}, got {value}.");
            }
        }

        if (OneShotRuns && (Ways ?? Shots ?? Queries) is not null)
        {
            faults.Add("OneShotRuns: the runs have 20 ways, one shot and one query; Ways, Shots and Queries do not apply.");
        }

        if (OneShotRuns && Source is not null)
        {
            faults.Add("OneShotRuns: the runs are the data; Source does not apply.");
        }

        if (Engine is not (OrtEngine or TorchEngine))
        {
            faults.Add($"Engine: expected {OrtEngine} or {TorchEngine}, got '{Engine}'.");
        }

        return faults;
    }
}
