using Kindling.Graphs;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Train.Tests;

/// <summary>
/// TorchSharp makes temporary Scalars of numbers, and a finalizer may free one while libtorch reads it. Operators that take a number are run
/// while garbage is collected all the time; a freed number shows as another result, an error of libtorch or a crash. More threads than cores, so that
/// some are interrupted inside libtorch, and optimised code from the start (see the project file): unoptimised code keeps everything alive.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const int Runs = 100;
    private const int Threads = 8;
    private const int Repeats = 50;

    // Operators whose libtorch form takes a number: sums and shifts, slopes, factors, counts and negative indices.
    private static readonly TestCaseData[] Rows =
    [
        Row("Add", (b, v) => b.Add(v, v)),
        Row("LeakyRelu", (b, v) => b.LeakyRelu(v, 0.999f)),
        Row("Elu", (b, v) => b.Elu(v, 0.999f)),
        Row("Softplus", (b, v) => b.Softplus(v)),
        Row("Gemm", (b, v) => b.Gemm(v, b.Constant(Graphs.Tensor.Of<float>([0, 1, 0, 0, 0, 1, 1, 0, 0], 3, 3)), alpha: 0.999f)),
        Row("ReduceLogSumExp", (b, v) => b.ReduceLogSumExp(v, [1])),
        Row("LayerNormalization", Normalize),
        Row("Slice", (b, v) => b.Slice(v, b.Ints(-1), b.Ints(long.MinValue + 1), b.Ints(1), b.Ints(-1))),
        Row("Gather", (b, v) => b.Gather(v, b.Ints(-1, 0, -2), 1)),
        Row(
            "OneHot",
            (b, v) => b.Sub(v, b.OneHot(b.Ints(0, -1), b.Constant(Graphs.Tensor.Scalar(3L)), b.Constant(Graphs.Tensor.Vector(0f, 1f))))
        ),
        Row("ArgMax", (b, v) => b.Sub(v, b.Cast(b.Op("ArgMax", [v], ("axis", 1L), ("select_last_index", 1L)), ElementType.Float))),
    ];

    [TestCaseSource(nameof(Rows))]
    public void Run_WhileGarbageIsCollected_GivesEqualBitsEachTime(Func<GraphBuilder, Value, Value> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        using TorchInterpreter interpreter = new(Chain(step));
        byte[] expected = Run(interpreter);
        using CancellationTokenSource done = new();
        Thread collector = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        int different = 0;
        try
        {
            _ = Parallel.For(
                0,
                Threads,
                new ParallelOptions { MaxDegreeOfParallelism = Threads },
                _ =>
                {
                    for (int i = 0; i < Runs; i++)
                    {
                        if (!Run(interpreter).AsSpan().SequenceEqual(expected))
                        {
                            _ = Interlocked.Increment(ref different);
                        }
                    }
                }
            );
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }

        Assert.That(different, Is.Zero);
    }

    private static byte[] Run(TorchInterpreter interpreter)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor([-1.5f, -0.5f, 0, 0.25f, 1, 2.5f], [2, 3]);
        return [.. interpreter.Run([x]).SelectMany(t => t.contiguous().bytes.ToArray())];
    }

    private static Graph Chain(Func<GraphBuilder, Value, Value> step)
    {
        GraphBuilder b = new("chain");
        Value v = b.Input("x", ElementType.Float, Shape.Of(2, 3));
        for (int i = 0; i < Repeats; i++)
        {
            v = step(b, v);
        }

        _ = b.Output(v, "y");
        return b.Graph;
    }

    private static Value Normalize(GraphBuilder b, Value v)
    {
        Value scale = b.Constant(Graphs.Tensor.Vector(1f, 2f, 3f));
        return b.Ops("LayerNormalization", 3, [v, scale, scale], Attributes.None)[0];
    }

    private static TestCaseData Row(string name, Func<GraphBuilder, Value, Value> step) => new TestCaseData(step).SetArgDisplayNames(name);
}
