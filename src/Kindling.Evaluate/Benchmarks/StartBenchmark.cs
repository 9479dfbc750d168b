using System.Diagnostics;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>Times a fresh process from its start to its first adapted prediction.</summary>
public static class StartBenchmark
{
    private const int Runs = 7;

    /// <summary>Measures a bundle on the first episode that training left in it.</summary>
    /// <param name="path">The bundle.</param>
    /// <param name="program">
    /// The program to start: it calls <see cref="FirstPrediction.Run"/> with its last two arguments and then writes
    /// <see cref="FirstPrediction.Done"/> to its standard output.
    /// </param>
    /// <param name="arguments">Arguments before the bundle and the episode.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="BundleException">The bundle has no episodes, or the program failed on it.</exception>
    public static StartBenchmarkReport Measure(string path, string program, IEnumerable<string> arguments, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(time);
        BundleEpisodes episodes = BundleEpisodes.Read(path);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kindling");
        try
        {
            string episode = Path.Combine(folder.FullName, "episode.safetensors");
            episodes.Write(0, episode);
            string[] all = [.. arguments, path, episode];
            // The first process finds the disk cold.
            _ = Start(path, program, all, time);
            double[] samples = new double[Runs];
            for (int run = 0; run < Runs; run++)
            {
                samples[run] = Start(path, program, all, time);
            }

            return new StartBenchmarkReport
            {
                Bundle = path,
                Runs = Runs,
                MillisecondsToFirstPrediction = Statistics.Median(samples),
            };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double Start(string path, string program, IEnumerable<string> arguments, TimeProvider time)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long started = time.GetTimestamp();
        using Process process = Process.Start(start)!;
        string? line = process.StandardOutput.ReadLine();
        TimeSpan elapsed = time.GetElapsedTime(started);
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return line == FirstPrediction.Done && process.ExitCode == 0
            ? elapsed.TotalMilliseconds
            : throw new BundleException(
                $"{path}: {program} did not get to a prediction: exit code {process.ExitCode}, it wrote '{line}' and the errors '{errors.Trim()}'."
            );
    }
}
