using Google.Protobuf;
using Kindling.Bundles;
using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Session;
using Kindling.Train.TensorBoard.Proto;

namespace Kindling.Train.TensorBoard;

/// <summary>
/// Scalars of a training for TensorBoard, in one file of a folder: <c>loss</c>, <c>validation/steps_K</c> after K adaptation steps,
/// <c>rate/outer</c> and <c>rate/tasks_per_second</c>. A training that goes on from a checkpoint drops the events after it, since it comes there once
/// more: no step is in the file twice.
/// </summary>
internal sealed class EventLog : IDisposable
{
    /// <summary>The file's name; TensorBoard looks for <c>tfevents</c> in it.</summary>
    public const string FileName = "events.out.tfevents.kindling";

    private const string Version = "brain.Event:2";
    private readonly AlgorithmSpec algorithm;
    private readonly TimeProvider time;
    private readonly FileStream stream;

    /// <summary>Opens the events of a folder; it is made where it is missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="iteration">Finished iterations: later events are dropped, all of them at 0.</param>
    /// <param name="algorithm">Says the outer rate.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="BundleException">The events that are there are damaged.</exception>
    public EventLog(string folder, int iteration, AlgorithmSpec algorithm, TimeProvider time)
    {
        this.algorithm = algorithm;
        this.time = time;
        string file = Path.Combine(folder, FileName);
        List<ReadOnlyMemory<byte>> kept =
            iteration > 0 && File.Exists(file) ? [.. RecordFile.Read(file).Where(record => Step(file, record) <= iteration)] : [];
        if (kept.Count == 0)
        {
            kept.Add(new Event { WallTime = Now(), FileVersion = Version }.ToByteArray());
        }

        AtomicFile.Write(
            file,
            written =>
            {
                foreach (ReadOnlyMemory<byte> record in kept)
                {
                    RecordFile.Write(written, record.Span);
                }
            }
        );
        stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Appends what a line of progress says; it is in the file when this returns.</summary>
    public void Add(TrainingProgress line)
    {
        Summary summary = new();
        Add(summary, "loss", line.Loss);
        Add(summary, "rate/outer", OuterOptimizer.Rate(algorithm, line.Iteration - 1));
        Add(summary, "rate/tasks_per_second", line.TasksPerSecond);
        for (int k = 0; k < line.Validation?.Count; k++)
        {
            Add(summary, $"validation/steps_{k}", line.Validation[k]);
        }

        RecordFile.Write(
            stream,
            new Event
            {
                WallTime = Now(),
                Step = line.Iteration,
                Summary = summary,
            }.ToByteArray()
        );
        stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private static void Add(Summary summary, string tag, double value) =>
        summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });

    private static long Step(string file, ReadOnlyMemory<byte> record)
    {
        try
        {
            return Event.Parser.ParseFrom(record.Span).Step;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new BundleException($"{file}: expected events of TensorBoard. {e.Message}", e);
        }
    }

    private double Now() => time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
}
