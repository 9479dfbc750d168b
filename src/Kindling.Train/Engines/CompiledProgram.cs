using System.Runtime.InteropServices;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Graphs.Onnx;
using Kindling.Train.Algorithms;
using Kindling.Train.Tapes;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Train.Engines;

/// <summary>One form of a program as a session: (learned tensors, the phase's numbers, data) -> (a gradient for each learned tensor, loss).</summary>
internal sealed class CompiledProgram : IDisposable
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly string[] inputs;
    private readonly string[] outputs;
    private readonly int[] sizes;
    private readonly int learnedCount;
    private readonly long[][] shapes;

    private CompiledProgram(Graph graph, int stack, int learned)
    {
        Stack = stack;
        inputs = [.. graph.Inputs.Select(v => v.Name)];
        outputs = [.. graph.Outputs.Select(v => v.Name)];
        shapes = [.. graph.Outputs.Select(v => v.Shape.ToSizes())];
        sizes = [.. shapes.Select(s => (int)(s.Aggregate(1L, (a, d) => a * d) / stack))];
        learnedCount = learned;
        using SessionOptions settings = new()
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        session = new InferenceSession(OnnxWriter.ToBytes(graph), settings);
    }

    /// <summary>Tasks in one run.</summary>
    public int Stack { get; }

    /// <summary>Compiles a form for tasks of given sizes: stacked if all its operators have a form for many tasks, else one task a run.</summary>
    public static CompiledProgram Create(IMetaProgram program, Phase phase, IReadOnlyList<TaskInput> task, int stack)
    {
        if (stack > 1)
        {
            try
            {
                return new(ProgramGraph.Many(program, phase, task, stack), stack, program.Learned.Count);
            }
            catch (UnstackableException)
            {
                // one task a run always works
            }
        }

        return new(ProgramGraph.One(program, phase, task), 1, program.Learned.Count);
    }

    /// <summary>One run.</summary>
    /// <param name="shared">The learned tensors.</param>
    /// <param name="data">The data of its tasks, <see cref="Stack"/> of them or fewer.</param>
    /// <param name="results">Where gradients and losses go.</param>
    /// <param name="from">Number of its first task.</param>
    public void Run(SharedInputs shared, IReadOnlyList<TaskInput>[] data, TaskGradients results, int from)
    {
        List<OrtValue> given = [];
        float[]? gathered = Stack > 1 ? GC.AllocateUninitializedArray<float>(sizes.Sum() * Stack, pinned: true) : null;
        float[] losses = new float[Stack];
        GCHandle pin = GCHandle.Alloc(losses, GCHandleType.Pinned);
        OrtValue[] targets = new OrtValue[outputs.Length];
        try
        {
            given.AddRange(Enumerable.Range(0, data[0].Count).Select(i => Input([.. data.Select(task => task[i])])));
            int at = 0;
            for (int p = 0; p < learnedCount; p++)
            {
                Memory<float> memory = gathered?.AsMemory(at, sizes[p] * Stack) ?? results[from][p];
                targets[p] = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, shapes[p]);
                at += sizes[p] * Stack;
            }

            targets[^1] = OrtValue.CreateTensorValueFromMemory(losses, shapes[^1]);
            session.Run(options, inputs, [.. shared.Values, .. given], outputs, targets);
            for (int t = 0; t < data.Length; t++)
            {
                results.Losses[from + t] = losses[t];
                at = 0;
                for (int p = 0; p < learnedCount && gathered is not null; p++)
                {
                    gathered.AsSpan(at + (t * sizes[p]), sizes[p]).CopyTo(results[from + t][p].Span);
                    at += sizes[p] * Stack;
                }
            }
        }
        finally
        {
            foreach (OrtValue value in given.Concat(targets))
            {
                value?.Dispose();
            }

            pin.Free();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        session.Dispose();
        options.Dispose();
    }

    private OrtValue Input(TaskInput[] tasks)
    {
        FloatTensor like = tasks[0].Tensor;
        int count = like.Count;
        long[] shape = [.. Stack > 1 ? [Stack] : (long[])[], .. like.Shape.Select(d => (long)d)];
        OrtValue value = OrtValue.CreateAllocatedTensorValue(
            OrtAllocator.DefaultInstance,
            tasks[0].IsLabels
                ? Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64
                : Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float,
            shape
        );
        for (int t = 0; t < Stack; t++)
        {
            float[] values = tasks[Math.Min(t, tasks.Length - 1)].Tensor.Values;
            if (tasks[0].IsLabels)
            {
                Span<long> labels = value.GetTensorMutableDataAsSpan<long>().Slice(t * count, count);
                for (int i = 0; i < count; i++)
                {
                    labels[i] = (long)values[i];
                }
            }
            else
            {
                values.CopyTo(value.GetTensorMutableDataAsSpan<float>().Slice(t * count, count));
            }
        }

        return value;
    }
}
