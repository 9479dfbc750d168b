namespace Kindling.Evaluate.Benchmarks;

/// <summary>What `kindling bench train` reports; the members are the JSON contract.</summary>
public sealed class TrainBenchmarkReport
{
    /// <summary>The recipe's name.</summary>
    public required string Model { get; init; }

    /// <summary>The recipe's meta-learner.</summary>
    public required string Algorithm { get; init; }

    /// <summary>What computed the meta-gradients.</summary>
    public required string Engine { get; init; }

    /// <summary>What it ran on: <c>cpu</c>, or <c>cuda:N</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Tasks at a time.</summary>
    public required int Threads { get; init; }

    /// <summary>Runs that the medians are of.</summary>
    public required int Runs { get; init; }

    /// <summary>Seconds of a run.</summary>
    public required double SecondsPerRun { get; init; }

    /// <summary>Training tasks a second as the recipe says, outer step included; median over the runs.</summary>
    public required double TasksPerSecond { get; init; }

    /// <summary>The same with gradients of first order (FOMAML).</summary>
    public required double FirstOrderTasksPerSecond { get; init; }

    /// <summary>MAML as written by hand for libtorch, in the same run; null where it was not measured.</summary>
    public double? HandWrittenTasksPerSecond { get; init; }

    /// <summary>The same with gradients of first order.</summary>
    public double? HandWrittenFirstOrderTasksPerSecond { get; init; }

    /// <summary>What a task of second order takes, in times of one of first order.</summary>
    public double SecondToFirstOrder => FirstOrderTasksPerSecond / TasksPerSecond;

    /// <summary>Tasks a second in times of the hand-written ones; above 1 is faster.</summary>
    public double? TimesHandWritten => TasksPerSecond / HandWrittenTasksPerSecond;
}
