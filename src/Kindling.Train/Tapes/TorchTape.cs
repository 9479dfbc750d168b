using System.Collections.Concurrent;
using Kindling.Graphs;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Tapes;

/// <summary>Computes at once on libtorch; gradients are autograd's. Safe to use from several threads.</summary>
/// <param name="doublePrecision">Whether every Float is computed as Double, as finite differences need it.</param>
internal sealed class TorchTape(bool doublePrecision = false) : ITape<Tensor>, IDisposable
{
    private readonly ConcurrentDictionary<Graph, Lazy<TorchInterpreter>> compiled = new();

    /// <inheritdoc/>
    public Tensor[] Run(Graph graph, params IReadOnlyList<Tensor> inputs) =>
        compiled.GetOrAdd(graph, g => new(() => new TorchInterpreter(g, doublePrecision))).Value.Run(inputs);

    /// <inheritdoc/>
    public int Rows(Tensor value) => (int)value.shape[0];

    /// <inheritdoc/>
    public Tensor[] Gradients(Tensor loss, IReadOnlyList<Tensor> of, bool differentiable)
    {
        // allow_unused: a parameter may not reach the loss, its gradient is 0 then
        IList<Tensor> gradients = autograd.grad(
            [loss],
            [.. of],
            retain_graph: differentiable,
            create_graph: differentiable,
            allow_unused: true
        );
        return [.. gradients.Select((g, i) => g is null || g.IsInvalid ? zeros_like(of[i]) : g)];
    }

    /// <inheritdoc/>
    public Tensor Detach(Tensor value) => value.detach().requires_grad_();

    /// <summary>The values: libtorch computes in the order of the program, and nothing is merged.</summary>
    public Tensor[] After(IReadOnlyList<Tensor> values, IReadOnlyList<Tensor> done) => [.. values];

    /// <inheritdoc/>
    public Tensor[] Scoped(Func<Tensor[]> work)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] results = work();
        foreach (Tensor result in results)
        {
            _ = result.MoveToOuterDisposeScope();
        }

        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<TorchInterpreter> interpreter in compiled.Values.Where(i => i.IsValueCreated))
        {
            interpreter.Value.Dispose();
        }
    }
}
