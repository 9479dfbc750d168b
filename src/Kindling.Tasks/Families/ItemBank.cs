namespace Kindling.Tasks.Families;

/// <summary>The prepared inputs of a family, by number. Thread-safe.</summary>
internal abstract class ItemBank
{
    /// <summary>The shape of one item.</summary>
    public abstract int[] Shape { get; }

    /// <summary>The number of values of one item.</summary>
    public abstract int ItemSize { get; }

    /// <summary>Whether items are texts.</summary>
    public virtual bool HasTexts => false;

    /// <summary>The text of an item, whole and as it came.</summary>
    public virtual string Text(int item) => throw new InvalidOperationException("The items are no texts.");

    /// <summary>Writes an item as it is seen.</summary>
    public abstract void Fill(int item, ItemView view, Span<float> destination);
}
