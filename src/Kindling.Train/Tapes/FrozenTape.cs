using Kindling.Graphs;

namespace Kindling.Train.Tapes;

/// <summary>
/// Records what a program takes as constants and gives the same constants when it runs again at other parameters: so that differences of its loss show
/// what a first-order gradient claims to be.
/// </summary>
/// <param name="tape">The tape that computes.</param>
internal sealed class FrozenTape<T>(ITape<T> tape) : ITape<T>
{
    private readonly List<T[]> constants = [];
    private int next;
    private bool recorded;

    /// <summary>From here on runs take the recorded constants; to be called before each of them.</summary>
    public void Rewind()
    {
        recorded = true;
        next = 0;
    }

    /// <inheritdoc/>
    public T[] Run(Graph graph, params IReadOnlyList<T> inputs) => tape.Run(graph, inputs);

    /// <inheritdoc/>
    public int Rows(T value) => tape.Rows(value);

    /// <inheritdoc/>
    public T[] Gradients(T loss, IReadOnlyList<T> of, bool differentiable) =>
        differentiable ? tape.Gradients(loss, of, differentiable) : Constant(() => tape.Gradients(loss, of, differentiable));

    /// <inheritdoc/>
    public T Detach(T value) => Constant(() => [tape.Detach(value)])[0];

    /// <inheritdoc/>
    public T[] After(IReadOnlyList<T> values, IReadOnlyList<T> done) => tape.After(values, done);

    /// <summary>What the work returns; nothing is given up, since constants are taken again.</summary>
    public T[] Scoped(Func<T[]> work) => work();

    private T[] Constant(Func<T[]> compute)
    {
        if (recorded)
        {
            // beyond the record stands what comes after the loss: its gradient, which nobody reads then
            return next < constants.Count ? constants[next++] : compute();
        }

        constants.Add(compute());
        return constants[^1];
    }
}
