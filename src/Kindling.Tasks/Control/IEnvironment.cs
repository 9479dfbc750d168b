namespace Kindling.Tasks.Control;

/// <summary>A world to act in, one episode after the other. Not thread-safe. One that holds more than memory is <see cref="IDisposable"/>.</summary>
public interface IEnvironment
{
    /// <summary>Begins an episode.</summary>
    /// <param name="random">Where the beginning is drawn from.</param>
    /// <param name="observation">Receives what is seen.</param>
    void Reset(SeededRandom random, Span<float> observation);

    /// <summary>Acts.</summary>
    /// <param name="action">What is wanted; cut to what is possible.</param>
    /// <param name="observation">Receives what is seen then.</param>
    /// <returns>What the step is worth, and whether the episode is over.</returns>
    (float Reward, bool IsOver) Step(ReadOnlySpan<float> action, Span<float> observation);
}
