namespace Kindling.Tasks.Control;

/// <summary>A regression from what is seen to what is to be done: what a learner is worth shows when it acts in the task's world.</summary>
public interface IActingFamily : ITaskFamily
{
    /// <summary>Whether the first two numbers that are seen are a place in a plane.</summary>
    bool SeesPlace { get; }

    /// <summary>Most steps of an episode.</summary>
    int Horizon { get; }

    /// <summary>
    /// The world of the task that <see cref="ITaskFamily.Sample"/> draws for the same split and an equal <paramref name="random"/>. It is seen as the query set's inputs
    /// are, and takes outputs as actions.
    /// </summary>
    IEnvironment World(Split split, SeededRandom random);
}
