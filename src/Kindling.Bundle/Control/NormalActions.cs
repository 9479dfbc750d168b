namespace Kindling.Bundles;

/// <summary>Actions of a policy that gives their means and the logarithms of their standard deviations.</summary>
public static class NormalActions
{
    /// <summary>Draws an action.</summary>
    /// <param name="output">What the policy gives: n means, then n logarithms of standard deviations.</param>
    /// <param name="gaussian">Draws a number of mean 0 and standard deviation 1.</param>
    /// <param name="action">Receives n numbers.</param>
    /// <exception cref="ArgumentException">The output is not twice as long as the action.</exception>
    public static void Draw(ReadOnlySpan<float> output, Func<double> gaussian, Span<float> action)
    {
        ArgumentNullException.ThrowIfNull(gaussian);
        Check(output, action.Length);
        for (int a = 0; a < action.Length; a++)
        {
            action[a] = output[a] + (MathF.Exp(output[action.Length + a]) * (float)gaussian());
        }
    }

    /// <summary>Draws an action, as apps do.</summary>
    /// <param name="output">What the policy gives: n means, then n logarithms of standard deviations.</param>
    /// <param name="random">Where it is drawn from.</param>
    /// <returns>n numbers.</returns>
    public static float[] Draw(IReadOnlyList<float> output, Random random)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(random);
        float[] action = new float[output.Count / 2];
        // Box and Muller 1958
        Draw([.. output], () => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()), action);
        return action;
    }

    private static void Check(ReadOnlySpan<float> output, int numbers)
    {
        if (output.Length != 2 * numbers)
        {
            throw new ArgumentException(
                $"Expected {numbers} means and as many logarithms of standard deviations for an action of {numbers} numbers, got {output.Length} numbers.",
                nameof(output)
            );
        }
    }
}
