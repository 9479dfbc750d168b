namespace Kindling.Tasks;

/// <summary>
/// All tasks of a split as one problem: one big classification over all its classes, or points of random tasks for
/// regression. Thread-safe.
/// </summary>
public abstract class JointData
{
    /// <summary>Classes of a classification; 0 for regression.</summary>
    public abstract int ClassCount { get; }

    /// <summary>Examples of a classification; 0 for regression, which has no end of them.</summary>
    public abstract int ItemCount { get; }

    /// <summary>Numbers in one target where it is no class and the family's own targets are others (detection, with a slot for each class of the split); else null.</summary>
    public virtual int? TargetLength => null;

    /// <summary>Writes the input of example <paramref name="index"/> (classification only).</summary>
    public abstract void Fill(int index, Span<float> x);

    /// <summary>The class of example <paramref name="index"/> (classification only).</summary>
    public abstract int Label(int index);

    /// <summary>
    /// Writes one random example: for regression a point of a random task, for classification a random item with its
    /// class number as the only element of <paramref name="y"/>.
    /// </summary>
    public abstract void Sample(SeededRandom random, Span<float> x, Span<float> y);
}
