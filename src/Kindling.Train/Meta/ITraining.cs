using Kindling.Bundles;
using Kindling.Train.Ranks;

namespace Kindling.Train.Meta;

/// <summary>Something that is trained iteration by iteration.</summary>
internal interface ITraining
{
    /// <summary>Finished iterations.</summary>
    int Iteration { get; }

    /// <summary>The learned tensors now.</summary>
    IReadOnlyList<FloatTensor> Parameters { get; }

    /// <summary>Whether validations say that nothing better is to be expected, so that training stops before its last iteration.</summary>
    bool HasConverged { get; }

    /// <summary>One iteration.</summary>
    /// <returns>Its mean loss.</returns>
    float Step();

    /// <summary>Gives all processes the state of process 0.</summary>
    void Share();

    /// <summary>Makes sure that all processes have the same state.</summary>
    /// <exception cref="RanksDifferException">They do not; thrown in all of them.</exception>
    void Compare();

    /// <summary>Metric on validation tasks before adaptation and after each step; null if this training does not validate.</summary>
    double[]? Validate();
}
