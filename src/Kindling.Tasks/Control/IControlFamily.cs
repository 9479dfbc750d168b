namespace Kindling.Tasks.Control;

/// <summary>
/// Tasks that are worlds to act in. Their examples are what a policy lives through, so that training and evaluation draw them with <see cref="Rollouts"/>;
/// <see cref="ITaskFamily.Sample"/> lets a policy act that moves at random. Shots and queries count episodes.
/// </summary>
public interface IControlFamily : ITaskFamily
{
    /// <summary>Numbers in an action.</summary>
    int ActionCount { get; }

    /// <summary>Most steps of an episode.</summary>
    int Horizon { get; }

    /// <summary>Whether the first two numbers that are seen are a place in a plane.</summary>
    bool SeesPlace { get; }

    /// <summary>The world of one task. A pure function of its arguments: equal ones give worlds of the same task.</summary>
    IEnvironment Create(Split split, SeededRandom random);
}
