namespace Kindling.Bundles;

/// <summary>The right to change a learner: one holds it at a time, and nobody waits for it.</summary>
internal sealed class Turns
{
    private int _taken;

    /// <summary>Takes the right; it is given back by disposal.</summary>
    /// <exception cref="InvalidOperationException">Another one holds it.</exception>
    internal Turn Take() =>
        Interlocked.CompareExchange(ref _taken, 1, 0) == 0
            ? new Turn(this)
            : throw new InvalidOperationException("Another adaptation of this learner is running; wait for it or cancel it.");

    /// <summary>The right, while it is held.</summary>
    internal readonly struct Turn(Turns turns) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref turns._taken, 0);
    }
}
