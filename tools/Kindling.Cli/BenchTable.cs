using System.Globalization;
using System.Text;
using Kindling.Evaluate.Benchmarks;

namespace Kindling.Cli;

/// <summary>Benchmark reports as text.</summary>
internal static class BenchTable
{
    public static string Text(AdaptBenchmarkReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {report.Bundle}: {report.MillisecondsPerStep:0.0000} ms an adaptation step, libtorch {report.LibtorchMillisecondsPerStep:0.0000} ms, ratio {report.RatioToLibtorch:0.00}
            {report.Examples} examples, {report.Provider}, {report.Threads} thread(s), medians of {report.Blocks} blocks of {report.StepsPerBlock} steps
            {report.OperationsPerStep / 1e6:0.###} million operations a step in matrix products{Share(report)}
            {report.PredictionsPerSecond:0} predictions a second, one input at a time
            {report.BytesPerStep:0} managed bytes a step, {report.BytesPerPrediction:0} a prediction, {report.BytesPerPredictionObject:0} as an object
            same step: {report.Parity}
            """
        );

    private static string Share(AdaptBenchmarkReport report) =>
        report.PeakOperationsPerSecond is { } peak
            ? string.Create(
                CultureInfo.InvariantCulture,
                $", {100 * report.ShareOfPeak:0.#} % of the {peak / 1e9:0} GFLOP/s that a product of 1024 x 1024 reaches here"
            )
            : "";

    public static string Text(StepProfileReport report)
    {
        StringBuilder text = new();
        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{report.Bundle}: {report.MicrosecondsPerStep:0} microseconds a step within operators, mean of {report.Steps}"
        );
        Row(text, "operator", "nodes", "us/step", "share %");
        foreach (StepProfileEntry entry in report.Operators)
        {
            Row(
                text,
                entry.Operator,
                Number(entry.NodesPerStep, "0"),
                Number(entry.MicrosecondsPerStep, "0.0"),
                Number(100 * entry.MicrosecondsPerStep / report.MicrosecondsPerStep, "0.0")
            );
        }

        return text.ToString().TrimEnd();
    }

    public static string Text(PassBenchmarkReport report)
    {
        StringBuilder text = new();
        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{report.Bundle}: a step on {report.Examples} examples, one thread, medians of {report.Blocks} blocks of {report.StepsPerBlock} steps"
        );
        Row(text, "after", "nodes", "planned kB", "ms/step");
        foreach (PassBenchmarkStage stage in report.Stages)
        {
            Row(
                text,
                stage.Pass.Length == 0 ? "no pass" : stage.Pass,
                Number(stage.Nodes, "0"),
                stage.PlannedBytes is { } bytes ? Number(bytes / 1000.0, "0.0") : "",
                Number(stage.MillisecondsPerStep, "0.0000")
            );
        }

        return text.ToString().TrimEnd();
    }

    public static string Text(TrainBenchmarkReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Model}: {report.TasksPerSecond:0.0} tasks/s with {report.Algorithm}, {report.FirstOrderTasksPerSecond:0.0} first order ({report.SecondToFirstOrder:0.00} times its time){HandWritten(report)}; engine {report.Engine} on {report.Device}, {report.Threads} thread(s), medians of {report.Runs} runs of {report.SecondsPerRun:0} s"
        );

    private static string HandWritten(TrainBenchmarkReport report) =>
        report.HandWrittenTasksPerSecond is { } rate
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"; by hand with TorchSharp {rate:0.0} and {report.HandWrittenFirstOrderTasksPerSecond:0.0}, {report.TimesHandWritten:0.00} times as fast"
            )
            : "";

    public static string Text(RolloutBenchmarkReport report)
    {
        StringBuilder text = new();
        _ = text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{report.Episodes} episodes side by side, {report.Threads} thread(s), medians of {report.Runs} runs of {report.SecondsPerRun:0.##} s"
        );
        Row(text, "steps a second", "alone", "policy");
        foreach (RolloutBenchmarkFamily family in report.Families)
        {
            Row(text, family.Family, Number(family.StepsPerSecond, "0"), Number(family.StepsPerSecondWithPolicy, "0"));
        }

        return text.ToString().TrimEnd();
    }

    public static string Text(StartBenchmarkReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Bundle}: {report.MillisecondsToFirstPrediction:0} ms from the start of a process to its first adapted prediction, median of {report.Runs}"
        );

    public static string Text(LearnersBenchmarkReport report) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {report.Bundle}: {report.KilobytesPerLearner:0.0} kB an idle learner ({report.Learners} of them), its delta has {report.DeltaKilobytes:0.0} kB
            {report.MillisecondsToReload:0.00} ms from the file to a prediction
            {report.MegabytesOpened:0} MB resident with the model open{Peaks(report)}
            {report.MegabytesAfterATenth:0.0} MB resident after {report.Adaptations
                / 10} adaptations, {report.MegabytesAtTheEnd:0.0} MB after {report.Adaptations}
            {report.Users} users: {report.AdaptationsPerSecondApart:0} adaptations a second each by himself, {report.AdaptationsPerSecondTogether:0} in one call
            """
        );

    private static string Peaks(LearnersBenchmarkReport report) =>
        report is { MegabytesPredicting: { } predicting, MegabytesAdapting: { } adapting }
            ? string.Create(
                CultureInfo.InvariantCulture,
                $", at most {predicting:0} MB predicting a support set and {adapting:0} MB adapting to it, {adapting / predicting:0.00} times as much"
            )
            : "";

    public static string Text(BenchmarkSuiteReport report)
    {
        StringBuilder text = new();
        if (report.Adapt.Count > 0)
        {
            Row(text, "bundle", "ms/step", "libtorch", "ratio", "first ms", "B/step", "B/predict");
            foreach ((AdaptBenchmarkReport adapt, StartBenchmarkReport start) in report.Adapt.Zip(report.Start))
            {
                Row(
                    text,
                    adapt.Bundle,
                    Number(adapt.MillisecondsPerStep, "0.0000"),
                    Number(adapt.LibtorchMillisecondsPerStep, "0.0000"),
                    Number(adapt.RatioToLibtorch, "0.00"),
                    Number(start.MillisecondsToFirstPrediction, "0"),
                    Number(adapt.BytesPerStep, "0"),
                    Number(adapt.BytesPerPrediction, "0")
                );
            }
        }

        if (report.Train.Count > 0)
        {
            Row(text, "recipe", "tasks/s", "1st order", "threads", "algorithm");
            foreach (TrainBenchmarkReport train in report.Train)
            {
                Row(
                    text,
                    train.Model,
                    Number(train.TasksPerSecond, "0.0"),
                    Number(train.FirstOrderTasksPerSecond, "0.0"),
                    Number(train.Threads, "0"),
                    train.Algorithm
                );
            }
        }

        foreach ((string model, string reason) in report.Skipped)
        {
            _ = text.AppendLine(CultureInfo.InvariantCulture, $"{model}: not measured: {reason}");
        }

        return text.ToString().TrimEnd();
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static void Row(StringBuilder text, string name, params string[] cells)
    {
        _ = text.Append(CultureInfo.InvariantCulture, $"{name, -36}");
        foreach (string cell in cells)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"  {cell, 10}");
        }

        _ = text.AppendLine();
    }
}
