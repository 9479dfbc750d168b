namespace Kindling.Tasks.Families;

/// <summary>The prepared inputs of a family, by number. Thread-safe.</summary>
internal abstract class ItemBank
{
    /// <summary>The shape of one item.</summary>
    public abstract int[] Shape { get; }

    /// <summary>The number of values of one item.</summary>
    public abstract int ItemSize { get; }

    /// <summary>Writes an item as it is seen.</summary>
    public abstract void Fill(int item, ItemView view, Span<float> destination);
}
