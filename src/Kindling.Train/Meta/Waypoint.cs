namespace Kindling.Train.Meta;

/// <summary>Where an update of the inner loop begins; all of it constants.</summary>
/// <param name="Parameters">All parameters of the network.</param>
/// <param name="X">Inputs of the examples that the update reads.</param>
/// <param name="Y">Their labels or targets.</param>
/// <param name="Loss">The mean loss over them.</param>
/// <param name="Gradient">Its gradient by the parameters that were asked for.</param>
internal sealed record Waypoint<T>(T[] Parameters, T X, T Y, T Loss, T[] Gradient);
