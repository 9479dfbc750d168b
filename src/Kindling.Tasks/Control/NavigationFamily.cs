namespace Kindling.Tasks.Control;

/// <summary>
/// Finn, Abbeel and Levine 2017 (MAML), section 5.3: a point in the plane that has to find a goal, uniform in [-0.5, 0.5] x [-0.5, 0.5], which it does not see; see
/// <see cref="NavigationWorld"/>.
/// </summary>
internal sealed class NavigationFamily() : ControlFamily("navigation", Definition, observations: 2, actions: 2, NavigationWorld.Horizon)
{
    private const string Definition =
        "navigation 1: point from 0, action cut to 0.1, goal uniform in [-0.5, 0.5]^2, reward - distance, over within 0.01 or after 100 steps";

    /// <inheritdoc/>
    public override bool SeesPlace => true;

    /// <inheritdoc/>
    public override IEnvironment Create(Split split, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return NavigationWorld.Draw(new SeededRandom(random.NextUInt64(), (ulong)split));
    }
}
