using Kindling.Tasks;

namespace Kindling.Evaluate.Baselines;

/// <summary>Another way to solve the same episodes. All predict one input at a time and run on the runtime library.</summary>
internal interface IBaseline
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>The metric on the query set: after 0, 1, ... steps, or the only one of a baseline without steps.</summary>
    double[] Measure(Episode episode);
}
