using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>The prepared rows of a table in a chosen order.</summary>
internal sealed class RowBank : ItemBank
{
    private readonly float[] _values;

    public RowBank(TableFile table, IReadOnlyList<int> order, TablePreprocessing preprocessing)
    {
        FloatTensor rows = table.Select(preprocessing.Columns);
        ItemSize = rows.Shape[1];
        Shape = [ItemSize];
        _values = new float[order.Count * ItemSize];
        for (int i = 0; i < order.Count; i++)
        {
            preprocessing.Apply(rows.Values.AsSpan(order[i] * ItemSize, ItemSize), _values.AsSpan(i * ItemSize, ItemSize));
        }
    }

    public override int[] Shape { get; }

    public override int ItemSize { get; }

    public override void Fill(int item, ItemView view, Span<float> destination) =>
        _values.AsSpan(item * ItemSize, ItemSize).CopyTo(destination);
}
