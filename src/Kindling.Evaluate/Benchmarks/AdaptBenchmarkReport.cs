using Kindling.Adapt;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>What `kindling bench adapt` reports; the members are the JSON contract.</summary>
public sealed class AdaptBenchmarkReport
{
    /// <summary>The bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>What both engines computed on.</summary>
    public required ExecutionProvider Provider { get; init; }

    /// <summary>Threads within one run, of both engines.</summary>
    public required int Threads { get; init; }

    /// <summary>Blocks of each engine.</summary>
    public required int Blocks { get; init; }

    /// <summary>Adaptation steps of a block.</summary>
    public required int StepsPerBlock { get; init; }

    /// <summary>Examples of the support set.</summary>
    public required int Examples { get; init; }

    /// <summary>Milliseconds of one adaptation step on ONNX Runtime through the runtime library; median over the blocks.</summary>
    public required double MillisecondsPerStep { get; init; }

    /// <summary>Milliseconds of the same step hand-written for libtorch; median over the blocks.</summary>
    public required double LibtorchMillisecondsPerStep { get; init; }

    /// <summary>ONNX Runtime's time over libtorch's: below 1 is faster than libtorch.</summary>
    public double RatioToLibtorch => MillisecondsPerStep / LibtorchMillisecondsPerStep;

    /// <summary>Floating-point operations of one step in matrix products and convolutions; see <see cref="MatrixWork"/>.</summary>
    public required double OperationsPerStep { get; init; }

    /// <summary>Floating-point operations a second of a large matrix product on as many threads of the processor; null on a GPU.</summary>
    public required double? PeakOperationsPerSecond { get; init; }

    /// <summary>The share of that peak that a whole step reaches, everything else that it does included.</summary>
    public double? ShareOfPeak => OperationsPerStep / (MillisecondsPerStep / 1000) / PeakOperationsPerSecond;

    /// <summary>Managed bytes that one adaptation allocates for each of its steps, its fixed costs shared among the steps of a block.</summary>
    public required double BytesPerStep { get; init; }

    /// <summary>Predictions of one input each, one after the other on one thread of the app, into the caller's memory.</summary>
    public required double PredictionsPerSecond { get; init; }

    /// <summary>Managed bytes of one prediction into the caller's memory.</summary>
    public required double BytesPerPrediction { get; init; }

    /// <summary>Managed bytes of one prediction that is returned as an object.</summary>
    public required double BytesPerPredictionObject { get; init; }

    /// <summary>How near the two steps are to each other.</summary>
    public required StepParity Parity { get; init; }
}
