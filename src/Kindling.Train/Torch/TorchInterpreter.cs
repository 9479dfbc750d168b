using Kindling.Graphs;
using static TorchSharp.torch;

namespace Kindling.Train.Torch;

/// <summary>
/// Runs a <see cref="Graph"/> on libtorch with explicit inputs, so that gradients flow from any output to any input. The graph is compiled once
/// into a list of steps that know when a value is last used. Safe to call from several threads at once.
/// </summary>
public sealed class TorchInterpreter : IDisposable
{
    private readonly Step[] steps;
    private readonly Tensor?[] constants;
    private readonly int[] outputSlots;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="doublePrecision">Treats every Float of the graph as Double: constants and inputs are 64-bit then.</param>
    /// <param name="device">Where constants live; CPU if absent.</param>
    /// <param name="products">The type that factors of matrix products are rounded to; as they are if absent.</param>
    /// <exception cref="GraphException">An operator has no implementation here.</exception>
    public TorchInterpreter(Graph graph, bool doublePrecision = false, Device? device = null, ScalarType? products = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        _ = TorchNatives.Load();
        Graph = graph;
        ScalarType real = doublePrecision ? ScalarType.Float64 : ScalarType.Float32;
        TorchTarget target = new(real, device, products);
        Dictionary<Value, int> slots = [];
        int Slot(Value value) => slots.TryGetValue(value, out int slot) ? slot : slots[value] = slots.Count;
        foreach (Value value in graph.Inputs.Concat(graph.Constants))
        {
            _ = Slot(value);
        }

        BatchNormFusion fusion = new(graph);
        Step Compile(Node node)
        {
            (IReadOnlyList<Value?> Inputs, Func<Tensor?[], Tensor[]> Run) step =
                fusion.At(node) ?? (node.Inputs, TorchOperators.Compile(node, target));
            return new Step(
                node,
                step.Run,
                [.. step.Inputs.Select(v => v is null ? -1 : Slot(v))],
                [.. node.Outputs.Select(v => v is null ? -1 : Slot(v))]
            );
        }

        steps = [.. graph.Nodes.Where(n => !fusion.Replaces(n)).Select(Compile)];
        outputSlots = [.. graph.Outputs.Select(Slot)];
        constants = new Tensor?[slots.Count];
        foreach (Value constant in graph.Constants)
        {
            constants[slots[constant]] = TorchTensors.From(constant.Constant!, real, device).DetachFromDisposeScope();
        }

        MarkLastUses();
    }

    /// <summary>The graph.</summary>
    public Graph Graph { get; }

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">One tensor for each of the graph's inputs, in order; they stay the caller's.</param>
    /// <returns>One tensor for each output, in order; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">The number of inputs is wrong.</exception>
    public Tensor[] Run(params IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Count != Graph.Inputs.Count)
        {
            throw new ArgumentException($"Graph '{Graph.Name}' has {Graph.Inputs.Count} inputs, got {inputs.Count}.", nameof(inputs));
        }

        Tensor?[] values = [.. constants];
        for (int i = 0; i < inputs.Count; i++)
        {
            values[i] = inputs[i];
        }

        foreach (Step step in steps)
        {
            Tensor?[] arguments = Array.ConvertAll(step.Inputs, slot => slot < 0 ? null : values[slot]);
            Tensor[] results;
            try
            {
                results = step.Run(arguments);
            }
            catch (Exception e)
                when (e is System.Runtime.InteropServices.ExternalException or ArgumentException or InvalidOperationException)
            {
                throw new GraphException($"Node {step.Node} failed in libtorch: {e.Message.Split('\n')[0]}", e);
            }

            for (int i = 0; i < results.Length; i++)
            {
                if (i < step.Outputs.Length && step.Outputs[i] >= 0)
                {
                    values[step.Outputs[i]] = results[i];
                }
                else
                {
                    results[i].Dispose();
                }
            }

            foreach (int slot in step.Dead)
            {
                // The handle only: what autograd needs of the tensor, libtorch keeps.
                values[slot]!.Dispose();
                values[slot] = null;
            }
        }

        return Array.ConvertAll(outputSlots, slot => IsShared(slot) ? values[slot]!.alias() : values[slot]!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? constant in constants)
        {
            constant?.Dispose();
        }
    }

    // An output that is an input, a constant or listed twice must not share a handle with its owner.
    private bool IsShared(int slot) => slot < Graph.Inputs.Count + Graph.Constants.Count || outputSlots.Count(s => s == slot) > 1;

    private void MarkLastUses()
    {
        HashSet<int> alive = [.. outputSlots];
        HashSet<int> owned = [.. steps.SelectMany(s => s.Outputs)];
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            Step step = steps[i];
            step.Dead = [.. step.Inputs.Concat(step.Outputs).Where(s => s >= 0 && owned.Contains(s) && !alive.Contains(s)).Distinct()];
            alive.UnionWith(step.Inputs);
        }
    }

    private sealed record Step(Node Node, Func<Tensor?[], Tensor[]> Run, int[] Inputs, int[] Outputs)
    {
        public int[] Dead { get; set; } = [];
    }
}
