namespace Kindling.Bundles;

/// <summary>What happened in one episode of control: what was seen, what was done, and what it was worth, step by step.</summary>
public sealed class Trajectory
{
    /// <summary>Wraps the numbers of an episode without copying them.</summary>
    /// <param name="observations">What was seen before each step: [steps, observations].</param>
    /// <param name="actions">What the policy wanted, before the environment cut it to its bounds: [steps, actions].</param>
    /// <param name="rewards">What each step was worth: [steps].</param>
    /// <exception cref="ArgumentException">They have different numbers of steps or none, or a number is not finite.</exception>
    public Trajectory(FloatTensor observations, FloatTensor actions, float[] rewards)
    {
        ArgumentNullException.ThrowIfNull(observations);
        ArgumentNullException.ThrowIfNull(actions);
        ArgumentNullException.ThrowIfNull(rewards);
        if (
            rewards.Length == 0
            || observations.Rank != 2
            || actions.Rank != 2
            || observations.Shape[0] != rewards.Length
            || actions.Shape[0] != rewards.Length
        )
        {
            throw new ArgumentException(
                $"Expected observations [steps, numbers], actions [steps, numbers] and as many rewards, got {observations}, {actions} and {rewards.Length} rewards."
            );
        }

        foreach (
            (string name, float[] values) in new[]
            {
                ("observations", observations.Values),
                ("actions", actions.Values),
                ("rewards", rewards),
            }
        )
        {
            int bad = Array.FindIndex(values, value => !float.IsFinite(value));
            if (bad >= 0)
            {
                throw new ArgumentException($"Expected finite numbers, element {bad} of the {name} is {values[bad]}.");
            }
        }

        Observations = observations;
        Actions = actions;
        Rewards = rewards;
    }

    /// <summary>What was seen before each step: [steps, observations].</summary>
    public FloatTensor Observations { get; }

    /// <summary>What the policy wanted: [steps, actions].</summary>
    public FloatTensor Actions { get; }

    /// <summary>What each step was worth: [steps].</summary>
    public IReadOnlyList<float> Rewards { get; }

    /// <summary>Steps.</summary>
    public int Length => Rewards.Count;

    /// <summary>The sum of the rewards.</summary>
    public double Return => Rewards.Sum(reward => (double)reward);
}
