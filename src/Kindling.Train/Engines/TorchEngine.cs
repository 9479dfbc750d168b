using System.Runtime.InteropServices;
using Kindling.Bundles;
using Kindling.Train.Algorithms;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;
using static TorchSharp.torch;

namespace Kindling.Train.Engines;

/// <summary>Runs a program on libtorch, one task a thread.</summary>
internal sealed class TorchEngine(IMetaProgram program, int threads) : IMetaEngine
{
    private readonly TorchTape tape = new();

    /// <inheritdoc/>
    public void Run(Phase phase, IReadOnlyList<FloatTensor> learned, Func<int, IReadOnlyList<TaskInput>> draw, TaskGradients results)
    {
        (int from, int to) = results.Take(1);
        OneByOne.For(
            from,
            to,
            threads,
            t =>
            {
                IReadOnlyList<TaskInput> task = draw(t);
                using IDisposable scope = TorchWork.Enter();
                Tensor[] leaves = TorchWork.Leaves(learned);
                Tensor[] data = [.. task.Select(d => TorchWork.Data(d.Tensor, d.IsLabels))];
                Tensor? weights = phase.Weights.Length == 0 ? null : tensor(phase.Weights);
                (Tensor[] gradient, Tensor loss) = program.Trace(tape, phase, leaves, data, weights);
                for (int p = 0; p < gradient.Length; p++)
                {
                    using Tensor plain = gradient[p].detach().contiguous();
                    MemoryMarshal.Cast<byte, float>(plain.bytes).CopyTo(results[t][p].Span);
                }

                results.Losses[t] = loss.item<float>();
            }
        );
    }

    /// <inheritdoc/>
    public void Dispose() => tape.Dispose();
}
