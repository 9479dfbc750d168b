namespace Kindling.Graphs.Ops;

/// <summary>Operators that move elements without computing: shapes, order, joining, cutting, repeating.</summary>
internal static class ShapeOps
{
    public static IEnumerable<OpSchema> All =>
        [
            new("Shape", 1, 1, 1, ["start", "end"], ShapeOf),
            new("Size", 1, 1, 1, [], Size),
            new("ConstantOfShape", 1, 1, 1, ["value"], ConstantOfShape),
            new("EyeLike", 1, 1, 1, ["dtype", "k"], EyeLike),
            new("Range", 3, 3, 1, [], Arange),
            new("CumSum", 2, 2, 1, ["exclusive", "reverse"], c => c.Set(c[0].Type, c[0].Shape)),
            new("Trilu", 1, 2, 1, ["upper"], Trilu),
            new("Reshape", 2, 2, 1, ["allowzero"], Reshape),
            new("Flatten", 1, 1, 1, ["axis"], Flatten),
            new("Transpose", 1, 1, 1, ["perm"], Transpose),
            new("Squeeze", 1, 2, 1, [], Squeeze),
            new("Unsqueeze", 2, 2, 1, [], Unsqueeze),
            new("Concat", 1, int.MaxValue, 1, ["axis"], Concat),
            new("Split", 1, 2, int.MaxValue, ["axis"], Split),
            new("Slice", 3, 5, 1, [], Slice),
            new("Pad", 2, 3, 1, ["mode"], Pad),
            new("Expand", 2, 2, 1, [], Expand),
            new("Tile", 2, 2, 1, [], Tile),
        ];

    private static void ShapeOf(InferenceContext c)
    {
        int rank = c[0].Rank;
        int start = Clamp(c.Node.Attributes.Int("start", 0), rank);
        int end = Clamp(c.Node.Attributes.Int("end", rank), rank);
        Dimension[] part = [.. c[0].Shape.Skip(start).Take(Math.Max(0, end - start))];
        c.Set(ElementType.Int64, Shape.Of(part.Length));
        c.KnownElements = part;
    }

    private static int Clamp(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);

    private static void Size(InferenceContext c)
    {
        c.Set(ElementType.Int64, Shape.Scalar);
        c.KnownElements = [c[0].Shape.ElementCount];
    }

    private static void ConstantOfShape(InferenceContext c) =>
        c.Set(c.Node.Attributes.Tensor("value")?.Type ?? ElementType.Float, FromElements(c, 0, 0));

    private static void EyeLike(InferenceContext c)
    {
        ElementType type = (ElementType)c.Node.Attributes.Int("dtype", (long)c[0].Type);
        if (c[0].Rank != 2 || !Enum.IsDefined(type))
        {
            throw c.Fail($"expected a matrix and a supported element type, got {c[0].Shape} and {(int)type}");
        }

        c.Set(type, c[0].Shape);
    }

    // The length follows from the three numbers, where these are known, or from a size that is counted up to.
    private static void Arange(InferenceContext c)
    {
        Tensor?[] given = [c[0].Constant, c[1].Constant, c[2].Constant];
        if (c[0].Type != c[1].Type || c[0].Type != c[2].Type)
        {
            throw c.Fail($"start, limit and delta must have one element type, got {c[0].Type}, {c[1].Type} and {c[2].Type}");
        }

        if (!Array.TrueForAll(given, t => t is not null))
        {
            // counting up to a size gives as many numbers
            bool counts = given[0] is { } start && given[2] is { } delta && Number(start) == 0 && Number(delta) == 1;
            c.Set(c[0].Type, new Shape(counts && c.Elements(1) is [var limit] ? limit : c.Fresh(0)));
            return;
        }

        double[] numbers = Array.ConvertAll(given, t => Number(t!));
        if (numbers[2] == 0)
        {
            throw c.Fail("delta must not be 0");
        }

        double count = Math.Max(0, Math.Ceiling((numbers[1] - numbers[0]) / numbers[2]));
        if (!(count <= int.MaxValue))
        {
            throw c.Fail($"{count} numbers are too many");
        }

        c.Set(c[0].Type, Shape.Of((long)count));
        if (c[0].Type is ElementType.Int64 or ElementType.Int32 && count <= Shape.MaxRank)
        {
            long[] elements = [.. Enumerable.Range(0, (int)count).Select(i => (long)(numbers[0] + (i * numbers[2])))];
            // negative numbers are no dimensions
            c.KnownElements = Array.TrueForAll(elements, e => e >= 0) ? [.. elements.Select(Dimension.Of)] : null;
        }
    }

    private static double Number(Tensor scalar) =>
        scalar.Type switch
        {
            ElementType.Float => scalar.AsSpan<float>()[0],
            ElementType.Double => scalar.AsSpan<double>()[0],
            ElementType.Float16 => (double)scalar.AsSpan<Half>()[0],
            _ => scalar.ToInt64()[0],
        };

    private static void Trilu(InferenceContext c)
    {
        if (c[0].Rank < 2)
        {
            throw c.Fail($"expected matrices, got {c[0].Shape}");
        }

        c.Set(c[0].Type, c[0].Shape);
    }

    private static Shape FromElements(InferenceContext c, int input, int firstAxis)
    {
        if (c.Elements(input) is { } elements)
        {
            return new Shape(elements);
        }

        Shape shape = c[input].Shape;
        return shape.Rank == 1 && shape[0].IsKnown && shape[0].Size <= Shape.MaxRank
            ? new Shape(Enumerable.Range(firstAxis, (int)shape[0].Size).Select(c.Fresh))
            : throw c.Fail($"the length of the shape '{c[input].Name}' must be known, and at most {Shape.MaxRank}");
    }

    private static void Reshape(InferenceContext c)
    {
        Shape x = c[0].Shape;
        bool allowZero = c.Node.Attributes.Int("allowzero", 0) != 0;
        Dimension Copied(int i) => i < x.Rank ? x[i] : throw c.Fail($"0 at position {i} copies a dimension that rank {x.Rank} lacks");
        if (c[1].Constant is not { } target)
        {
            c.Set(c[0].Type, new Shape(FromElements(c, 1, 0).Select((d, i) => d.Is(0) && !allowZero ? Copied(i) : d)));
            return;
        }

        long[] sizes = target.ToInt64();
        Dimension known = 1;
        Dimension[] result = new Dimension[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            result[i] =
                sizes[i] == -1 ? 1
                : sizes[i] == 0 && !allowZero ? Copied(i)
                : sizes[i] >= 0 ? Dimension.Of(sizes[i])
                : throw c.Fail($"a dimension can not be {sizes[i]}");
            known *= result[i];
        }

        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            result[open] = known.Is(0)
                ? 0
                : Dimension.Divide(x.ElementCount, known)
                    ?? (
                        x.IsKnown
                            ? throw c.Fail($"{x.ElementCount} elements can not be reshaped to [{string.Join(", ", sizes)}]")
                            : c.Fresh(open)
                    );
        }
        else if (known.IsKnown && x.IsKnown && known != x.ElementCount)
        {
            throw c.Fail($"{x.ElementCount} elements can not be reshaped to [{string.Join(", ", sizes)}]");
        }

        c.Set(c[0].Type, new Shape(result));
        c.KnownElements = result.Length <= 1 ? c[0].KnownElements : null;
    }

    private static void Flatten(InferenceContext c)
    {
        Shape x = c[0].Shape;
        long axis = c.Node.Attributes.Int("axis", 1);
        int at = axis == x.Rank ? x.Rank : c.Axis(axis, x.Rank);
        c.Set(c[0].Type, new Shape(new Shape(x.Take(at)).ElementCount, new Shape(x.Skip(at)).ElementCount));
    }

    private static void Transpose(InferenceContext c)
    {
        Shape x = c[0].Shape;
        long[] perm = c.Node.Attributes.Ints("perm", [.. Enumerable.Range(0, x.Rank).Reverse().Select(i => (long)i)]);
        if (perm.Length != x.Rank || !perm.Order().SequenceEqual(Enumerable.Range(0, x.Rank).Select(i => (long)i)))
        {
            throw c.Fail($"perm [{string.Join(", ", perm)}] is no permutation of {x.Rank} axes");
        }

        c.Set(c[0].Type, new Shape(perm.Select(p => x[(int)p])));
    }

    private static void Squeeze(InferenceContext c)
    {
        Shape x = c[0].Shape;
        int[] axes = c.Optional(1) is null
            ? [.. Enumerable.Range(0, x.Rank).Where(i => x[i].Is(1))]
            : [.. c.Integers(1, "axes").Select(a => c.Axis(a, x.Rank))];
        int wrong =
            Array.Find(axes, a => x[a].IsKnown && !x[a].Is(1)) is var found
            && axes.Contains(found)
            && x.Rank > 0
            && x[found].IsKnown
            && !x[found].Is(1)
                ? found
                : -1;
        if (wrong >= 0)
        {
            throw c.Fail($"axis {wrong} has size {x[wrong]}, not 1");
        }

        c.Set(c[0].Type, new Shape(x.Where((_, i) => !axes.Contains(i))));
        c.KnownElements = c[0].KnownElements;
    }

    private static void Unsqueeze(InferenceContext c)
    {
        long[] given = c.Integers(1, "axes");
        int rank = c[0].Rank + given.Length;
        int[] axes = [.. given.Select(a => c.Axis(a, rank))];
        Queue<Dimension> rest = new(c[0].Shape);
        c.Set(c[0].Type, new Shape(Enumerable.Range(0, rank).Select(i => axes.Contains(i) ? Dimension.Of(1) : rest.Dequeue())));
        c.KnownElements = rank <= 1 ? c[0].KnownElements : null;
    }

    private static void Concat(InferenceContext c)
    {
        int axis = c.Axis(c.Node.Attributes.Int("axis", 0), c[0].Rank);
        Dimension[] result = [.. c[0].Shape];
        for (int i = 1; i < c.Node.Inputs.Count; i++)
        {
            Shape next = c[i].Shape;
            if (
                next.Rank != result.Length
                || Enumerable.Range(0, result.Length).Any(a => a != axis && next[a] != result[a] && next[a].IsKnown && result[a].IsKnown)
            )
            {
                throw c.Fail($"inputs do not agree outside axis {axis}");
            }

            result[axis] = result[axis].IsKnown && next[axis].IsKnown ? result[axis].Size + next[axis].Size : c.Fresh(axis);
        }

        c.Set(c[0].Type, new Shape(result));
        IReadOnlyList<Dimension>?[] parts = [.. c.Node.Inputs.Select(v => v!.KnownElements)];
        c.KnownElements = result.Length == 1 && Array.TrueForAll(parts, p => p is not null) ? [.. parts.SelectMany(p => p!)] : null;
    }

    private static void Split(InferenceContext c)
    {
        Shape x = c[0].Shape;
        int axis = c.Axis(c.Node.Attributes.Int("axis", 0), x.Rank);
        long[]? sizes = c.Optional(1) is null ? null : c.KnownIntegers(1);
        if (c.Optional(1) is not null && sizes is null)
        {
            // Sizes that only run time knows: each part has its own.
            for (int i = 0; i < c.OutputCount; i++)
            {
                Dimension part = Dimension.Named($"{c.Node.Name}.{axis}.{i}");
                c.Set(i, c[0].Type, new Shape(x.Select((d, a) => a == axis ? part : d)));
            }

            return;
        }

        if (sizes is null && (!x[axis].IsKnown || x[axis].Size % c.OutputCount != 0))
        {
            throw c.Fail($"{x[axis]} can not be split into {c.OutputCount} equal parts");
        }

        if (sizes is not null && (sizes.Length != c.OutputCount || (x[axis].IsKnown && sizes.Sum() != x[axis].Size)))
        {
            throw c.Fail($"split [{string.Join(", ", sizes)}] does not fit axis {axis} of {x} and {c.OutputCount} outputs");
        }

        for (int i = 0; i < c.OutputCount; i++)
        {
            long size = sizes is null ? x[axis].Size / c.OutputCount : sizes[i];
            c.Set(i, c[0].Type, new Shape(x.Select((d, a) => a == axis ? size : d)));
        }
    }

    private static void Slice(InferenceContext c)
    {
        Shape x = c[0].Shape;
        Dimension[] result = [.. x];
        int count = (int)c.Length(1, "starts", x.Rank);
        if (c.Optional(3) is not null && c.KnownIntegers(3) is null)
        {
            // Which axes are cut, only run time knows.
            c.Set(c[0].Type, new Shape(Enumerable.Range(0, x.Rank).Select(c.Fresh)));
            return;
        }

        int[] axes = c.Optional(3) is null ? [.. Enumerable.Range(0, count)] : [.. c.Integers(3, "axes").Select(a => c.Axis(a, x.Rank))];
        bool constant = new[] { 1, 2, 4 }.All(i =>
            c.Optional(i) is null || c[i].Constant is not null || c.Elements(i)?.All(d => d.IsKnown) == true
        );
        long[]? starts = constant ? c.Integers(1, "starts") : null;
        long[]? ends = constant ? c.Integers(2, "ends") : null;
        long[]? steps = constant && c.Optional(4) is not null ? c.Integers(4, "steps") : null;
        for (int i = 0; i < axes.Length; i++)
        {
            long step = steps?[i] ?? 1;
            if (step == 0)
            {
                throw c.Fail("a step can not be 0");
            }

            Dimension size = x[axes[i]];
            result[axes[i]] =
                starts is null ? c.Fresh(axes[i])
                : size.IsKnown ? SliceRange.Of(starts[i], ends![i], step, size.Size).Count
                : starts[i] == 0 && ends![i] >= int.MaxValue && step == 1 ? size
                : c.Fresh(axes[i]);
        }

        c.Set(c[0].Type, new Shape(result));
        if (x.Rank == 1 && starts is not null && c[0].KnownElements is { } elements)
        {
            SliceRange range = SliceRange.Of(starts[0], ends![0], steps?[0] ?? 1, elements.Count);
            c.KnownElements = [.. Enumerable.Range(0, (int)range.Count).Select(i => elements[(int)(range.Start + (i * range.Step))])];
        }
    }

    private static void Pad(InferenceContext c)
    {
        Shape x = c[0].Shape;
        if (c[1].Constant is null && c.Elements(1)?.All(d => d.IsKnown) != true)
        {
            c.Set(c[0].Type, new Shape(x.Select((_, i) => c.Fresh(i))));
            return;
        }

        long[] pads = c.Integers(1, "pads");
        if (pads.Length != 2 * x.Rank)
        {
            throw c.Fail($"expected {2 * x.Rank} pads for rank {x.Rank}, got {pads.Length}");
        }

        c.Set(
            c[0].Type,
            new Shape(
                x.Select(
                    (d, i) =>
                        pads[i] == 0 && pads[i + x.Rank] == 0 ? d
                        : d.IsKnown ? Dimension.Of(d.Size + pads[i] + pads[i + x.Rank])
                        : c.Fresh(i)
                )
            )
        );
    }

    private static void Expand(InferenceContext c) => c.Set(c[0].Type, Broadcast.Of(c, c[0].Shape, FromElements(c, 1, 0)));

    private static void Tile(InferenceContext c)
    {
        Shape x = c[0].Shape;
        IReadOnlyList<Dimension>? repeats = c.Elements(1);
        c.Set(c[0].Type, new Shape(x.Select((d, i) => repeats is null ? c.Fresh(i) : d * repeats[i])));
    }
}
