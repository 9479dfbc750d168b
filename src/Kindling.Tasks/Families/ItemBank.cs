namespace Kindling.Tasks.Families;

/// <summary>The prepared inputs of a family, by number. Thread-safe.</summary>
internal abstract class ItemBank
{
    /// <summary>The shape of one item.</summary>
    public abstract int[] Shape { get; }

    /// <summary>The number of values of one item.</summary>
    public abstract int ItemSize { get; }

    /// <summary>Writes an item, turned by quarter turns counter-clockwise where items are pictures.</summary>
    public abstract void Fill(int item, int quarterTurns, Span<float> destination);
}
