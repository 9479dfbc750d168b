using System.Runtime.InteropServices;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Train.Algorithms;
using Kindling.Train.Session;
using Kindling.Train.Tapes;
using Kindling.Train.Torch;
using static TorchSharp.torch;

namespace Kindling.Train.Engines;

/// <summary>
/// A form of a program for the tasks of an iteration together on a device: as many in one run as its memory takes. The whole meta-gradient is one graph
/// (<see cref="ProgramGraph.Sum"/>), which libtorch runs operation by operation.
/// </summary>
internal sealed class StackedPrograms : IDisposable
{
    private readonly TrainingDevice device;
    private readonly Dictionary<int, TorchInterpreter> forms = [];

    /// <summary>Compiles a form.</summary>
    /// <param name="program">What it runs.</param>
    /// <param name="phase">Which form.</param>
    /// <param name="task">A task's data, for their shapes.</param>
    /// <param name="count">Tasks of an iteration.</param>
    /// <param name="device">Where it runs.</param>
    /// <exception cref="BundleException">The network has no form for many tasks, or one task alone takes more than the device's memory.</exception>
    public StackedPrograms(IMetaProgram program, Phase phase, IReadOnlyList<TaskInput> task, int count, TrainingDevice device)
    {
        this.device = device;
        try
        {
            Graph all = ProgramGraph.Sum(program, phase, task, count);
            long bytes = GraphMemory.Of(all)?.Bytes ?? throw new GraphException($"Graph '{all.Name}': a size is not known.");
            PeakBytes = bytes;
            if (bytes / count > device.Memory)
            {
                throw new BundleException(
                    $"One task of this recipe takes about {bytes / count / 1_000_000.0:0.0##} MB on the device, and {device.Memory / 1_000_000.0:0.0##} MB are allowed."
                );
            }

            int atOnce = (int)Math.Min(count, device.Memory / Math.Max(1, bytes / count));
            int runs = (count + atOnce - 1) / atOnce;
            int from = 0;
            Runs = [.. Enumerable.Range(1, runs).Select(run => (From: from, To: from = (int)((long)count * run / runs)))];
            foreach (int size in Runs.Select(run => run.To - run.From).Distinct())
            {
                Graph graph = size == count ? all : ProgramGraph.Sum(program, phase, task, size);
                forms[size] = new TorchInterpreter(graph, device: device.Device, products: device.Products);
            }
        }
        catch (UnstackableException e)
        {
            throw new BundleException($"This network cannot be trained on a device: {e.Message}", e);
        }
    }

    /// <summary>The tasks of each run.</summary>
    public IReadOnlyList<(int From, int To)> Runs { get; }

    /// <summary>About what the values of all tasks together take, in bytes.</summary>
    public long PeakBytes { get; }

    /// <summary>The data of a run's tasks on the device, along a first dimension.</summary>
    public Tensor[] Load(ReadOnlySpan<IReadOnlyList<TaskInput>> tasks)
    {
        Tensor[] data = new Tensor[tasks[0].Count];
        for (int i = 0; i < data.Length; i++)
        {
            TaskInput like = tasks[0][i];
            int count = like.Tensor.Count;
            using Tensor host = empty([tasks.Length, .. like.Tensor.Shape.Select(d => (long)d)], dtype: ScalarType.Float32);
            Span<float> values = MemoryMarshal.Cast<byte, float>(host.bytes);
            for (int t = 0; t < tasks.Length; t++)
            {
                tasks[t][i].Tensor.Values.CopyTo(values.Slice(t * count, count));
            }

            Tensor moved = host.to(device.Device);
            data[i] = like.IsLabels ? moved.to_type(ScalarType.Int64) : moved.alias();
        }

        return data;
    }

    /// <summary>One run.</summary>
    /// <param name="number">Its number among <see cref="Runs"/>.</param>
    /// <param name="inputs">The learned tensors, the phase's numbers, the data.</param>
    /// <returns>The sums over its tasks: gradients of everything learned, one after the other, and losses.</returns>
    public (Tensor Gradient, Tensor Loss) Run(int number, IReadOnlyList<Tensor> inputs)
    {
        Tensor[] outputs = forms[Runs[number].To - Runs[number].From].Run(inputs);
        return (cat([.. outputs[..^1].Select(g => g.reshape(-1))], 0), outputs[^1]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TorchInterpreter form in forms.Values)
        {
            form.Dispose();
        }
    }
}
