using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// Times one adaptation step on ONNX Runtime, the way an app runs it, beside the same step hand-written for libtorch: the same numbers, the same
/// number of threads, blocks of the two in turn so that both see the same machine.
/// </summary>
public static class AdaptBenchmark
{
    private const int Blocks = 5;
    private const int StepsPerBlock = 100;
    private const int Predictions = 500;

    /// <summary>Measures a bundle on the episodes that training left in it.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="threads">Threads within one run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="provider">What both engines compute on: the processor or CUDA.</param>
    /// <param name="device">Number of the GPU.</param>
    /// <exception cref="BundleException">
    /// The bundle has no recipe or no episodes, the two steps do not compute the same, or an adaptation of this length diverges.
    /// </exception>
    /// <exception cref="MissingRuntimeException">One of the engines cannot compute on the provider.</exception>
    public static AdaptBenchmarkReport Measure(
        string path,
        int threads,
        TimeProvider time,
        ExecutionProvider provider = ExecutionProvider.Cpu,
        int device = 0
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentNullException.ThrowIfNull(time);
        if (provider is not (ExecutionProvider.Cpu or ExecutionProvider.Cuda))
        {
            throw new ArgumentException($"The comparison with libtorch is on Cpu or Cuda, not on {provider}.", nameof(provider));
        }

        BundleEpisodes episodes = BundleEpisodes.Read(path);
        int together = StepsTogether(path);
        using AdaptableModel model = AdaptableModel.Open(
            path,
            new AdaptOptions
            {
                Threads = threads,
                Steps = together,
                RequireImprovement = false,
                Provider = provider,
                Device = device,
            }
        );
        using HandWrittenStep step = HandWrite(path, model.Manifest, provider == ExecutionProvider.Cuda ? Cuda(device) : null);
        int libtorchThreads = get_num_threads();
        set_num_threads(threads);
        try
        {
            StepParity parity = StepParity.Measure(model, step, episodes, Math.Min(together, StepParity.ComparedSteps));
            return parity.Passed
                ? Measure(path, threads, time, model, step, episodes, parity)
                : throw new BundleException(
                    $"{path}: the runtime's step and the hand-written one differ, so their times can not be compared: {parity}."
                );
        }
        finally
        {
            set_num_threads(libtorchThreads);
        }
    }

    /// <summary>The hand-written step of a bundle, with its parameters and rates.</summary>
    internal static HandWrittenStep HandWrite(string path, BundleManifest manifest, Device? device = null)
    {
        Recipe recipe = BundleRecipe.Of(manifest, path);
        if (
            recipe.Inner is { Batch: not 0 } or { Loss: not (InnerSpec.DefaultLoss or InnerLosses.Detection or InnerLosses.PolicyGradient) }
        )
        {
            throw new BundleException(
                $"{path}: the hand-written step reads all examples at once and descends the loss of the predictions; this bundle's rule does not, so there is nothing to compare."
            );
        }

        int[] input = [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)];
        NetworkGraphs network = NetworkCatalogue.Build(recipe.Network, input, manifest.Output.Count);
        using BundleFiles files = BundleFiles.Open(path);
        return new HandWrittenStep(
            recipe,
            network,
            files.ReadTensors(BundleManifest.ThetaFileName).Tensors,
            manifest.IsClassification,
            device
        );
    }

    // The loss of a policy has no minimum on episodes that are lived through: it takes one step on them, and many are that one again.
    private static int StepsTogether(string path)
    {
        using BundleFiles files = BundleFiles.Open(path);
        return files.Manifest.InnerRule.Loss == InnerLosses.PolicyGradient ? 1 : StepsPerBlock;
    }

    private static Device Cuda(int number)
    {
        int devices = TorchStatus.Probe().CudaDevices;
        return number < devices
            ? new Device(TorchSharp.DeviceType.CUDA, number)
            : throw new MissingRuntimeException(
                $"libtorch of this program has {devices} CUDA devices, number {number} was asked for; build with `make build DEVICE=cuda` on a machine that has one."
            );
    }

    private static AdaptBenchmarkReport Measure(
        string path,
        int threads,
        TimeProvider time,
        AdaptableModel model,
        HandWrittenStep step,
        BundleEpisodes episodes,
        StepParity parity
    )
    {
        SupportSet support = episodes.Support(0);
        using Learner learner = model.CreateLearner();
        // Block 0 warms up.
        double[] ours = new double[Blocks + 1];
        double[] theirs = new double[Blocks + 1];
        long bytes = 0;
        for (int block = 0; block <= Blocks; block++)
        {
            (ours[block], bytes) = Adapt(path, time, learner, support);
            theirs[block] = Adapt(path, time, step, support, model.Steps);
        }

        FloatTensor query = episodes.Query(0);
        float[] scores = new float[model.Manifest.Output.Count];
        Action<Learner, FloatTensor> predict = OnePrediction.Of(model.Manifest);
        Action once = model.Manifest.IsDetection ? () => predict(learner, query) : () => learner.Predict(query.Values, scores);
        return new AdaptBenchmarkReport
        {
            Bundle = path,
            Provider = model.Provider,
            Threads = threads,
            Blocks = Blocks,
            StepsPerBlock = StepsPerBlock,
            Examples = support.Count,
            MillisecondsPerStep = Statistics.Median(ours.AsSpan(1)) / StepsPerBlock,
            LibtorchMillisecondsPerStep = Statistics.Median(theirs.AsSpan(1)) / StepsPerBlock,
            OperationsPerStep = Operations(path, model.Manifest, support.Count),
            PeakOperationsPerSecond = model.Provider == ExecutionProvider.Cpu ? MatrixWork.Peak(threads, time) : null,
            BytesPerStep = bytes / (double)StepsPerBlock,
            PredictionsPerSecond = CallsPerSecond(once, time),
            BytesPerPrediction = BytesPerCall(once),
            BytesPerPredictionObject = BytesPerCall(() => predict(learner, query)),
            Parity = parity,
        };
    }

    private static double Operations(string path, BundleManifest manifest, int examples)
    {
        using BundleFiles files = BundleFiles.Open(path);
        Graph graph = OnnxReader.Read(files.Read(manifest.Graphs.Adapt.File));
        return MatrixWork.Operations(graph, graph.Input(GraphSignature.Of(manifest).Data[0]).Shape[0].Symbol!, examples);
    }

    private static (double Milliseconds, long Bytes) Adapt(string path, TimeProvider time, Learner learner, SupportSet support)
    {
        (double milliseconds, long bytes) = (0, 0);
        for (int done = 0; done < StepsPerBlock; done += learner.Steps)
        {
            learner.Reset();
            long before = GC.GetAllocatedBytesForCurrentThread();
            long started = time.GetTimestamp();
            AdaptReport report = learner.Adapt(support);
            milliseconds += time.GetElapsedTime(started).TotalMilliseconds;
            bytes += GC.GetAllocatedBytesForCurrentThread() - before;
            if (!report.Accepted)
            {
                throw new BundleException($"{path}: {StepsPerBlock} steps can not be timed on ONNX Runtime: {report.Reason}");
            }
        }

        return (milliseconds, bytes);
    }

    private static double Adapt(string path, TimeProvider time, HandWrittenStep step, SupportSet support, int together)
    {
        (double milliseconds, float loss) = (0, 0);
        for (int done = 0; done < StepsPerBlock; done += together)
        {
            step.Begin(support);
            long started = time.GetTimestamp();
            for (int k = 0; k < together; k++)
            {
                loss = step.Run(k);
            }

            milliseconds += time.GetElapsedTime(started).TotalMilliseconds;
        }

        return float.IsFinite(loss)
            ? milliseconds
            : throw new BundleException($"{path}: {StepsPerBlock} steps can not be timed on libtorch: the loss is {loss}.");
    }

    /// <summary>One call after the other; median of the blocks, the first of which warms up.</summary>
    private static double CallsPerSecond(Action call, TimeProvider time)
    {
        double[] seconds = new double[Blocks + 1];
        for (int block = 0; block <= Blocks; block++)
        {
            long started = time.GetTimestamp();
            for (int i = 0; i < Predictions; i++)
            {
                call();
            }

            seconds[block] = time.GetElapsedTime(started).TotalSeconds;
        }

        return Predictions / Statistics.Median(seconds.AsSpan(1));
    }

    private static double BytesPerCall(Action call)
    {
        for (int i = 0; i < Predictions / 5; i++)
        {
            call();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Predictions; i++)
        {
            call();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Predictions;
    }
}
