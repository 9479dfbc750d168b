namespace Kindling.Graphs.Onnx;

/// <content>
/// Gathering and scattering by indices of several axes, as by one index along these axes joined; and scattering that op set 17 has not.
/// </content>
internal static partial class Decompositions
{
    // x [batch..., d..., rest...] at indices [batch..., i..., count of d] -> [batch..., i..., rest...]
    private static Value GatherND(NodeForm f)
    {
        (Value x, Value indices) = (f.Input(0), f.Input(1));
        int batch = (int)f.Int("batch_dims", 0);
        int count = Width(f, x, indices, batch);
        if (batch < 0 || batch >= Math.Min(x.Rank, indices.Rank))
        {
            throw new GraphException($"{f.Where}: batch_dims {batch} does not go with {x} and {indices}.");
        }

        Value places = Places(f.Builder, x, indices, batch, count);
        return f.Builder.Gather(Joined(f.Builder, x, batch + count), places);
    }

    // x [d..., rest...] with updates [i..., rest...] at indices [i..., count of d]
    private static Value ScatterND(NodeForm f)
    {
        GraphBuilder b = f.Builder;
        (Value x, Value indices, Value updates) = (f.Input(0), f.Input(1), f.Input(2));
        string reduction = f.Text("reduction", "none");
        int count = Width(f, x, indices, 0);
        int rest = x.Rank - count;
        if (updates.Rank != indices.Rank - 1 + rest)
        {
            throw new GraphException($"{f.Where}: updates {updates} do not go with {x} and {indices}.");
        }

        // [i, rest] into [d, rest]
        Value places = b.Reshape(Places(b, x, indices, 0, count), [-1, .. Enumerable.Repeat(1L, rest)]);
        Value rows = Joined(b, updates, indices.Rank - 1);
        Value everywhere = rest == 0 ? places : b.Expand(places, b.Concat(0, [b.Ints(1), .. SizesFrom(b, rows, 1)]));
        Value y = Scatter(f, Joined(b, x, count), everywhere, rows, 0, reduction);
        return SizeVector.Reshape(b, y, [.. SizeVector.Axes(x)]);
    }

    private static IEnumerable<Value> SizesFrom(GraphBuilder b, Value x, int axis) =>
        SizeVector.Axes(x, axis).Select(a => SizeVector.Of(b, a.Value, a.Axis));

    /// <summary>ScatterElements with a reduction that it does not have, or that has no gradient, at op set 17.</summary>
    public static void ScatterByMask(NodeForm form)
    {
        string reduction = form.Text("reduction", "none");
        if (reduction is "none" or "add")
        {
            form.Attributes["reduction"] = reduction;
            return;
        }

        Value x = form.Input(0);
        long axis = form.Int("axis", 0);
        form.Inputs = [Scatter(form, x, form.Input(1), form.Input(2), (int)(axis < 0 ? axis + x.Rank : axis), reduction)];
        form.OpType = "Identity";
    }

    // Updates by multiplication, maximum or minimum meet in a table of all of them and all places along the axis, in which other places are neutral.
    private static Value Scatter(NodeForm f, Value x, Value indices, Value updates, int axis, string reduction)
    {
        GraphBuilder b = f.Builder;
        (string Reduce, string Op, double Neutral)? way = reduction switch
        {
            "mul" => ("ReduceProd", "Mul", 1),
            "max" => ("ReduceMax", "Max", double.NegativeInfinity),
            "min" => ("ReduceMin", "Min", double.PositiveInfinity),
            "none" or "add" => null,
            _ => throw new GraphException($"{f.Where}: reduction must be none, add, mul, max or min, got '{reduction}'."),
        };
        if (way is null)
        {
            return b.ScatterElements(x, indices, updates, axis, reduction);
        }

        if (axis < 0 || axis >= x.Rank || indices.Rank != x.Rank || updates.Rank != x.Rank)
        {
            throw new GraphException($"{f.Where}: axis {axis}, indices {indices} and updates {updates} do not go with {x}.");
        }

        Value neutral = b.ScalarLike(x, way.Value.Neutral);
        Value isPlace = b.Cast(
            b.OneHot(b.Cast(indices, ElementType.Int64), SizeVector.Of(b, x, axis), b.Constant(Tensor.Vector(0f, 1f)), axis + 1),
            ElementType.Bool
        );
        Value table = b.Where(isPlace, b.Unsqueeze(updates, axis + 1), neutral);
        Value met = b.Op(way.Value.Reduce, [table], ("axes", new long[] { axis }), ("keepdims", 0));
        return b.Op(way.Value.Op, [x, Widened(f, met, x, axis, neutral)]);
    }

    // Indices may leave out the last elements along the other axes.
    private static Value Widened(NodeForm f, Value met, Value x, int axis, Value neutral)
    {
        int[] shorter = [.. Enumerable.Range(0, x.Rank).Where(i => i != axis && met.Shape[i] != x.Shape[i])];
        if (shorter.Length == 0)
        {
            return met;
        }

        if (shorter.Any(i => !met.Shape[i].IsKnown || !x.Shape[i].IsKnown))
        {
            throw new GraphException($"{f.Where}: sizes of the indices must be known where they are not those of {x}.");
        }

        long[] after = [.. Enumerable.Range(0, x.Rank).Select(i => shorter.Contains(i) ? x.Shape[i].Size - met.Shape[i].Size : 0)];
        return f.Builder.Pad(met, f.Builder.Ints([.. new long[x.Rank], .. after]), neutral);
    }

    // How many axes an index names.
    private static int Width(NodeForm f, Value x, Value indices, int batch) =>
        indices.Rank > 0 && indices.Shape[-1] is { IsKnown: true, Size: > 0 and var count } && batch + count <= x.Rank
            ? (int)count
            : throw new GraphException($"{f.Where}: the last size of the indices must be known, from 1 to rank {x.Rank}; got {indices}.");

    // The first axes of a value as one.
    private static Value Joined(GraphBuilder b, Value x, int count) =>
        count == 1 ? x
        : x.Shape.Skip(count).All(d => d.IsKnown && d.Size > 0) ? b.Reshape(x, [-1, .. x.Shape.Skip(count).Select(d => d.Size)])
        : b.Reshape(x, b.Concat(0, [b.Ints(-1), .. SizesFrom(b, x, count)]));

    // Where the elements lie that the indices name, along the batch and the axes they index, joined: [batch..., i...]
    private static Value Places(GraphBuilder b, Value x, Value indices, int batch, int count)
    {
        if (indices.Constant is { } constant && x.Shape.Take(batch + count).All(d => d.IsKnown))
        {
            return b.Constant(KnownPlaces(x.Shape, constant, batch, count));
        }

        Value at = b.Cast(indices, ElementType.Int64);
        Value sizes = b.Concat(0, Enumerable.Range(batch, count).Select(i => SizeVector.Of(b, x, i)));
        at = b.Where(b.Less(at, b.ScalarLike(at, 0)), b.Add(at, sizes), at);
        Value one = b.Ints(1);
        Value[] strides = new Value[batch + count];
        for (int i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = i == strides.Length - 1 ? one : b.Mul(strides[i + 1], SizeVector.Of(b, x, i + 1));
        }

        Value places = b.ReduceSum(b.Mul(at, b.Concat(0, strides[batch..])), [-1], keepDims: false);
        for (int i = 0; i < batch; i++)
        {
            // 0, 1, 2, ... along an axis of the batch
            Value ones = b.ConstantOfShape(b.ShapeOf(places), Tensor.Of<long>([1], 1));
            Value number = b.Op("CumSum", [ones, b.Constant(Tensor.Scalar((long)i))], ("exclusive", 1));
            places = b.Add(places, b.Mul(number, strides[i]));
        }

        return places;
    }

    private static Tensor KnownPlaces(Shape shape, Tensor indices, int batch, int count)
    {
        long[] at = indices.ToInt64();
        long[] lead = [.. indices.Sizes.Take(indices.Sizes.Count - 1)];
        long[] places = new long[at.Length / count];
        long inner = lead.Skip(batch).Aggregate(1L, (product, size) => product * size);
        for (int i = 0; i < places.Length; i++)
        {
            // the number of the batch's element, row by row, is its place already
            long place = i / Math.Max(1, inner);
            for (int axis = 0; axis < count; axis++)
            {
                long size = shape[batch + axis].Size;
                long index = at[(i * count) + axis];
                place = (place * size) + (index < 0 ? index + size : index);
            }

            places[i] = place;
        }

        return Tensor.Of<long>(places, lead);
    }
}
