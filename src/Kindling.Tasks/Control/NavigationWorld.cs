namespace Kindling.Tasks.Control;

/// <summary>
/// The world of Finn, Abbeel and Levine 2017 (MAML), section 5.3: a point in the plane begins at 0 and moves by an action of at most <see cref="Reach"/> either way; a step is
/// worth minus the distance to the goal; within <see cref="Near"/> of it the episode is over.
/// </summary>
internal sealed class NavigationWorld(float goalX, float goalY) : IEnvironment
{
    /// <summary>How far a step goes at most, in each direction.</summary>
    public const float Reach = 0.1f;

    /// <summary>How near the goal is reached.</summary>
    public const float Near = 0.01f;

    /// <summary>How far goals are at most, in each direction.</summary>
    public const float Far = 0.5f;

    /// <summary>Most steps of an episode.</summary>
    public const int Horizon = 100;

    private float x;
    private float y;

    /// <summary>A world whose goal is drawn.</summary>
    public static NavigationWorld Draw(SeededRandom random) => new(random.NextSingle(-Far, Far), random.NextSingle(-Far, Far));

    /// <summary>Where the goal is.</summary>
    public (float X, float Y) Goal => (goalX, goalY);

    /// <inheritdoc/>
    public void Reset(SeededRandom random, Span<float> observation)
    {
        (x, y) = (0, 0);
        (observation[0], observation[1]) = (x, y);
    }

    /// <inheritdoc/>
    public (float Reward, bool IsOver) Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        x += Math.Clamp(action[0], -Reach, Reach);
        y += Math.Clamp(action[1], -Reach, Reach);
        (observation[0], observation[1]) = (x, y);
        float distance = MathF.Sqrt(((x - goalX) * (x - goalX)) + ((y - goalY) * (y - goalY)));
        return (-distance, distance < Near);
    }
}
