using Kindling.Graphs;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Train.Tests;

/// <summary>
/// TorchSharp makes temporary Scalars of numbers, and a finalizer may free one while libtorch reads it. Operators that take a number are run
/// while garbage is collected all the time; a freed number shows as another result, or as a crash.
/// </summary>
public sealed class ScalarLifetimeTests
{
    private const int Runs = 300;

    [Test]
    public void Run_WhileGarbageIsCollected_GivesEqualBitsEachTime()
    {
        using TorchInterpreter interpreter = new(Numbers());
        byte[] expected = Run(interpreter);
        using CancellationTokenSource done = new();
        Thread collector = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        int different = 0;
        try
        {
            _ = Parallel.For(
                0,
                2,
                new ParallelOptions { MaxDegreeOfParallelism = 2 },
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

    // Every operator whose libtorch form takes a number: sums and shifts, slopes, factors, counts and negative indices.
    private static Graph Numbers()
    {
        GraphBuilder b = new("numbers");
        Value x = b.Input("x", ElementType.Float, Shape.Of(2, 3));
        Value sum = x;
        for (int i = 0; i < 40; i++)
        {
            sum = b.Add(sum, x);
        }

        _ = b.Output(sum, "sum");
        _ = b.Output(b.LeakyRelu(x, 0.2f), "leaky");
        _ = b.Output(b.Elu(x, 0.7f), "elu");
        _ = b.Output(b.Softplus(x), "softplus");
        _ = b.Output(b.Gemm(x, x, transB: true, alpha: 0.3f), "gemm");
        _ = b.Output(b.ReduceLogSumExp(x, [1]), "logsumexp");
        Value scale = b.Constant(Graphs.Tensor.Vector(1f, 2f, 3f));
        IReadOnlyList<Value> norm = b.Ops("LayerNormalization", 3, [x, scale, scale], Attributes.None);
        for (int i = 0; i < norm.Count; i++)
        {
            _ = b.Output(norm[i], $"norm{i}");
        }

        _ = b.Output(b.Slice(x, b.Ints(-1), b.Ints(long.MinValue + 1), b.Ints(1), b.Ints(-1)), "backwards");
        _ = b.Output(b.Gather(x, b.Ints(-1, 0, -2), 1), "gather");
        _ = b.Output(b.OneHot(b.Ints(0, -1, 2), b.Constant(Graphs.Tensor.Scalar(3L)), b.Constant(Graphs.Tensor.Vector(0f, 1f))), "hot");
        _ = b.Output(b.Op("ArgMax", [x], ("axis", 1L), ("select_last_index", 1L)), "last");
        return b.Graph;
    }
}
