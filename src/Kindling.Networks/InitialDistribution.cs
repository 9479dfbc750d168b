namespace Kindling.Networks;

/// <summary>Distribution that a parameter is drawn from before training.</summary>
public enum InitialDistribution
{
    /// <summary>All 0.</summary>
    Zeros,

    /// <summary>All 1.</summary>
    Ones,

    /// <summary>A square matrix, or one with axes of size 1 behind, of 1 on its diagonal and 0 elsewhere.</summary>
    Identity,

    /// <summary>None: it starts from values that were trained elsewhere.</summary>
    Given,

    /// <summary>All at the inner rate of the recipe.</summary>
    Rate,

    /// <summary>Normal with variance 2 / fan-in, for a layer before a ReLU (He et al. 2015).</summary>
    He,

    /// <summary>Uniform within 1 / sqrt(fan-in).</summary>
    Uniform,
}
