using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Networks;
using Kindling.Recipes;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>What each graph pass is worth to a step of adaptation: nodes, memory and time before and after it.</summary>
public static class PassBenchmark
{
    private const int Blocks = 5;

    /// <summary>Measures the stages of a bundle's adapt graph on its first episode, on one thread, ONNX Runtime's own optimisations included; blocks of all stages in turn.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="stages">Builds the graph before the passes and after each, from network, inner rule and whether it classifies.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stepsPerBlock">Steps of each of the five blocks.</param>
    /// <exception cref="BundleException">The bundle has no episodes.</exception>
    public static PassBenchmarkReport Measure(
        string path,
        Func<NetworkGraphs, InnerSpec, bool, IReadOnlyList<(string Pass, Graph Graph)>> stages,
        TimeProvider time,
        int stepsPerBlock = 100
    )
    {
        ArgumentNullException.ThrowIfNull(stages);
        ArgumentNullException.ThrowIfNull(time);
        SupportSet support = BundleEpisodes.Read(path).Support(0);
        using BundleFiles files = BundleFiles.Open(path);
        BundleManifest manifest = files.Manifest;
        Recipe recipe = BundleRecipe.Of(manifest, path);
        NetworkGraphs network = recipe.Build([.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)], manifest.Output.Count);
        (string Pass, Graph Graph)[] graphs = [.. stages(network, recipe.Inner, manifest.IsClassification)];
        List<InferenceSession> sessions = [];
        try
        {
            using SessionOptions options = new()
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            sessions.AddRange(graphs.Select(stage => new InferenceSession(OnnxWriter.ToBytes(stage.Graph), options)));
            double[][] samples = Run(files, support, sessions, time, stepsPerBlock);
            return new PassBenchmarkReport
            {
                Bundle = path,
                Examples = support.Count,
                Blocks = Blocks,
                StepsPerBlock = stepsPerBlock,
                Stages =
                [
                    .. graphs.Select(
                        (stage, i) =>
                            new PassBenchmarkStage
                            {
                                Pass = stage.Pass,
                                Nodes = stage.Graph.Nodes.Count,
                                PlannedBytes = GraphMemory.Of(stage.Graph) is var (bytes, each) ? bytes + (each * support.Count) : null,
                                MillisecondsPerStep = Statistics.Median(samples[i].AsSpan(1)),
                            }
                    ),
                ],
            };
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    // Block 0 warms up.
    private static double[][] Run(BundleFiles files, SupportSet support, List<InferenceSession> sessions, TimeProvider time, int steps)
    {
        double[][] samples = [.. sessions.Select(_ => new double[Blocks + 1])];
        using RunOptions run = new();
        using StepInputs inputs = StepInputs.Of(files, support, sessions[0]);
        string[] outputs = [.. files.Manifest.Graphs.Adapt.Outputs];
        for (int block = 0; block <= Blocks; block++)
        {
            for (int s = 0; s < sessions.Count; s++)
            {
                long start = time.GetTimestamp();
                for (int i = 0; i < steps; i++)
                {
                    sessions[s].Run(run, inputs.Names, inputs.Values, outputs).Dispose();
                }

                samples[s][block] = time.GetElapsedTime(start).TotalMilliseconds / steps;
            }
        }

        return samples;
    }
}
