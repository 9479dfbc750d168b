using System.Text.Json;
using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>Where the time of an adaptation step goes, by ONNX Runtime's own profiler: the operators as they run, fused ones included.</summary>
public static class StepProfile
{
    private const int Steps = 100;

    /// <summary>Profiles the adapt graph of a bundle on its first episode, on one thread.</summary>
    /// <exception cref="BundleException">The bundle has no episodes.</exception>
    public static StepProfileReport Measure(string path)
    {
        BundleEpisodes episodes = BundleEpisodes.Read(path);
        using BundleFiles files = BundleFiles.Open(path);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kindling");
        try
        {
            string trace = Run(files, episodes.Support(0), Path.Combine(folder.FullName, "step"));
            StepProfileEntry[] entries = Read(trace);
            return new StepProfileReport
            {
                Bundle = path,
                Steps = Steps,
                MicrosecondsPerStep = entries.Sum(entry => entry.MicrosecondsPerStep),
                Operators = entries,
            };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Run(BundleFiles files, SupportSet support, string prefix)
    {
        BundleManifest manifest = files.Manifest;
        using SessionOptions options = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            // In this order: profiling begins to write where the prefix says at that moment.
            ProfileOutputPathPrefix = prefix,
            EnableProfiling = true,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        using InferenceSession session = new(files.Read(manifest.Graphs.Adapt.File), options);
        using StepInputs inputs = StepInputs.Of(files, support, session);
        using RunOptions run = new();
        for (int i = 0; i < Steps; i++)
        {
            session.Run(run, inputs.Names, inputs.Values, [.. manifest.Graphs.Adapt.Outputs]).Dispose();
        }

        return session.EndProfiling();
    }

    private static StepProfileEntry[] Read(string trace)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(trace));
        return
        [
            .. document
                .RootElement.EnumerateArray()
                .Where(e =>
                    e.GetProperty("cat").GetString() == "Node"
                    && e.GetProperty("name").GetString()!.EndsWith("_kernel_time", StringComparison.Ordinal)
                )
                .GroupBy(e => e.GetProperty("args").GetProperty("op_name").GetString()!)
                .Select(group => new StepProfileEntry
                {
                    Operator = group.Key,
                    NodesPerStep = group.Count() / (double)Steps,
                    MicrosecondsPerStep = group.Sum(e => e.GetProperty("dur").GetDouble()) / Steps,
                })
                .OrderByDescending(entry => entry.MicrosecondsPerStep),
        ];
    }
}
