using Kindling.Tasks;

namespace Kindling.Evaluate.Engines;

/// <summary>What adapts the bundle's meta-initialisation to an episode.</summary>
internal interface IEvaluationEngine : IDisposable
{
    /// <summary>The metric on the query set after 0, 1, ... steps: as one batch, and one input at a time.</summary>
    (double[] Transductive, double[] Inductive) Measure(Episode episode);

    /// <summary>Adapts and nothing else: what is timed.</summary>
    void Adapt(Episode episode);
}
