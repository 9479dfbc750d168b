namespace Kindling.Tasks;

/// <summary>
/// All tasks of a split as one problem: one big classification over all its classes, or points of random tasks for
/// regression. Thread-safe.
/// </summary>
public abstract class JointData
{
    /// <summary>Classes of a classification; 0 for regression.</summary>
    public virtual int ClassCount => 0;

    /// <summary>Examples of a classification; 0 for regression, which has no end of them.</summary>
    public virtual int ItemCount => 0;

    /// <summary>Numbers in one target where it is no class and the family's own targets are others (detection, with a slot for each class of the split); else null.</summary>
    public virtual int? TargetLength => null;

    /// <summary>Writes the input of example <paramref name="index"/> (classification only).</summary>
    /// <exception cref="InvalidOperationException">The data are not of a classification.</exception>
    public virtual void Fill(int index, Span<float> x) => throw NoItems();

    /// <summary>The class of example <paramref name="index"/> (classification only).</summary>
    /// <exception cref="InvalidOperationException">The data are not of a classification.</exception>
    public virtual int Label(int index) => throw NoItems();

    /// <summary>
    /// Writes one random example: for regression a point of a random task, for classification a random item with its
    /// class number as the only element of <paramref name="y"/>.
    /// </summary>
    public abstract void Sample(SeededRandom random, Span<float> x, Span<float> y);

    private static InvalidOperationException NoItems() =>
        new("These examples have no numbers and no classes: they are drawn with Sample alone.");
}
