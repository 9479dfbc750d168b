namespace Kindling.Tasks.Control;

/// <summary>
/// Finn, Abbeel and Levine 2017 (MAML), section 5.3: a point in the plane begins at 0 and moves by an action of at most 0.1 either way; the goal, which it does not
/// see, is uniform in [-0.5, 0.5] x [-0.5, 0.5]; a step is worth minus the distance to the goal; within 0.01 of it, or after 100 steps, the episode is over.
/// </summary>
internal sealed class NavigationFamily() : ControlFamily("navigation", Definition, observations: 2, actions: 2, horizon: 100)
{
    private const string Definition =
        "navigation 1: point from 0, action cut to 0.1, goal uniform in [-0.5, 0.5]^2, reward - distance, over within 0.01 or after 100 steps";

    private const float Reach = 0.1f;
    private const float Near = 0.01f;

    /// <inheritdoc/>
    public override bool SeesPlace => true;

    /// <inheritdoc/>
    public override IEnvironment Create(Split split, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        SeededRandom own = new(random.NextUInt64(), (ulong)split);
        return new World(own.NextSingle(-0.5f, 0.5f), own.NextSingle(-0.5f, 0.5f));
    }

    private sealed class World(float goalX, float goalY) : IEnvironment
    {
        private float x;
        private float y;

        public void Reset(SeededRandom random, Span<float> observation)
        {
            (x, y) = (0, 0);
            (observation[0], observation[1]) = (x, y);
        }

        public (float Reward, bool IsOver) Step(ReadOnlySpan<float> action, Span<float> observation)
        {
            x += Math.Clamp(action[0], -Reach, Reach);
            y += Math.Clamp(action[1], -Reach, Reach);
            (observation[0], observation[1]) = (x, y);
            float distance = MathF.Sqrt(((x - goalX) * (x - goalX)) + ((y - goalY) * (y - goalY)));
            return (-distance, distance < Near);
        }
    }
}
