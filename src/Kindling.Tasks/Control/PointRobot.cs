namespace Kindling.Tasks.Control;

/// <summary>
/// A point with a mass m in a plane with friction c, pushed by a force f of at most 1 either way that is turned by an angle: each step, v += h (R f - c v) / m, then
/// x += h v, with h = 0.1 (semi-implicit Euler). At walls, where a coordinate is 1 or -1, it stops in that direction. An episode begins at rest at a place uniform in
/// [-0.5, 0.5] x [-0.5, 0.5]; a step is worth minus the distance to 0. Seen: x, y and their speeds.
/// </summary>
/// <param name="mass">m; its usual value is 1.</param>
/// <param name="friction">c, force at speed 1; stable below 20 m.</param>
/// <param name="angle">By which the force is turned, counterclockwise, in radians.</param>
internal sealed class PointRobot(float mass, float friction, float angle) : IEnvironment
{
    /// <summary>Friction of a robot that nothing is changed of.</summary>
    public const float UsualFriction = 0.5f;

    private const float Time = 0.1f;
    private const float Strength = 1;
    private const float Wall = 1;

    private readonly float cosine = MathF.Cos(angle);
    private readonly float sine = MathF.Sin(angle);
    private float x;
    private float y;
    private float speedX;
    private float speedY;

    /// <inheritdoc/>
    public void Reset(SeededRandom random, Span<float> observation)
    {
        (x, y) = (random.NextSingle(-0.5f, 0.5f), random.NextSingle(-0.5f, 0.5f));
        (speedX, speedY) = (0, 0);
        See(observation);
    }

    /// <inheritdoc/>
    public (float Reward, bool IsOver) Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        float forceX = Math.Clamp(action[0], -Strength, Strength);
        float forceY = Math.Clamp(action[1], -Strength, Strength);
        (x, speedX) = Move(x, speedX, (cosine * forceX) - (sine * forceY));
        (y, speedY) = Move(y, speedY, (sine * forceX) + (cosine * forceY));
        See(observation);
        return (-MathF.Sqrt((x * x) + (y * y)), false);
    }

    private (float Place, float Speed) Move(float place, float speed, float force)
    {
        speed += Time * (force - (friction * speed)) / mass;
        float next = place + (Time * speed);
        return MathF.Abs(next) < Wall ? (next, speed) : (MathF.CopySign(Wall, next), 0);
    }

    private void See(Span<float> observation) => (observation[0], observation[1], observation[2], observation[3]) = (x, y, speedX, speedY);
}
