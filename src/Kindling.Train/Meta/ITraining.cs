namespace Kindling.Train.Meta;

/// <summary>Something that is trained iteration by iteration.</summary>
internal interface ITraining
{
    /// <summary>Finished iterations.</summary>
    int Iteration { get; }

    /// <summary>Whether validations say that nothing better is to be expected, so that training stops before its last iteration.</summary>
    bool HasConverged { get; }

    /// <summary>One iteration.</summary>
    /// <returns>Its mean loss.</returns>
    float Step();

    /// <summary>Metric on validation tasks before adaptation and after each step; null if this training does not validate.</summary>
    double[]? Validate();
}
