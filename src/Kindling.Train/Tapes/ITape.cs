using Kindling.Graphs;

namespace Kindling.Train.Tapes;

/// <summary>
/// What meta-learners are written against: they run graphs, take gradients of what came out, and say which gradients are constants. The same lines run
/// at once on libtorch (<see cref="TorchTape"/>) or write one graph of the whole meta-gradient for ONNX Runtime (<see cref="GraphTape"/>).
/// </summary>
/// <typeparam name="T">A value: a tensor of libtorch, or a value of a graph.</typeparam>
internal interface ITape<T>
{
    /// <summary>Runs a graph.</summary>
    /// <param name="graph">The graph; always the same object for the same graph, since it is compiled once.</param>
    /// <param name="inputs">A value for each input, in order.</param>
    /// <returns>The outputs, in order.</returns>
    T[] Run(Graph graph, params IReadOnlyList<T> inputs);

    /// <summary>The size of the first dimension of a task's value.</summary>
    int Rows(T value);

    /// <summary>Gradients of a scalar; 0 where it does not depend on a value.</summary>
    /// <param name="loss">The scalar.</param>
    /// <param name="of">Values to differentiate by.</param>
    /// <param name="differentiable">Whether later gradients flow through these; otherwise they are constants.</param>
    T[] Gradients(T loss, IReadOnlyList<T> of, bool differentiable);

    /// <summary>The value as a constant: no gradient flows through it, but gradients by it can be taken.</summary>
    T Detach(T value);

    /// <summary>Constants as they are, but to be used only once others have been computed: what is computed of them is computed then, and again.</summary>
    /// <param name="values">The constants.</param>
    /// <param name="done">What has to be there before; constants as well.</param>
    T[] After(IReadOnlyList<T> values, IReadOnlyList<T> done);

    /// <summary>What <paramref name="work"/> returns; all else that it makes is given up.</summary>
    T[] Scoped(Func<T[]> work);
}
