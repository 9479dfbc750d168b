namespace Kindling.Graphs.Onnx;

/// <summary>
/// GridSample (Jaderberg et al. 2015): x [N, C, size...] at places [N, P..., axes], -1 and 1 the borders, the last axis first, as a gathering of all elements
/// that a place takes and a sum by weights. Elements and whether they lie inside have no gradient; weights carry that of the places.
/// </summary>
internal sealed class GridSampling
{
    private const double Cubic = -0.75;

    private readonly GraphBuilder b;
    private readonly string mode;
    private readonly string padding;
    private readonly bool alignsCorners;

    private GridSampling(NodeForm f)
    {
        b = f.Builder;
        mode = f.Text("mode", f.Opset < 20 ? "bilinear" : "linear") switch
        {
            "bilinear" or "linear" => "linear",
            "bicubic" or "cubic" => "cubic",
            "nearest" => "nearest",
            var other => throw new GraphException($"{f.Where}: mode '{other}' is not supported (nearest, linear, cubic are)."),
        };
        padding = f.Text("padding_mode", "zeros");
        alignsCorners = f.Int("align_corners", 0) != 0;
        if (padding is not ("zeros" or "border" or "reflection"))
        {
            throw new GraphException($"{f.Where}: padding_mode '{padding}' is not supported (zeros, border, reflection are).");
        }
    }

    /// <summary>Writes the node in other operators.</summary>
    public static Value Build(NodeForm f)
    {
        (Value x, Value grid) = (f.Input(0), f.Input(1));
        int axes = x.Rank - 2;
        if (axes < 1 || grid.Rank != x.Rank || !grid.Shape[-1].Is(axes) || !x.Shape.Skip(2).All(d => d.IsKnown && d.Size > 0))
        {
            throw new GraphException(
                $"{f.Where}: expected data [N, C, sizes...], known and not 0, and places [N, ..., number of sizes], got {x.Shape} and {grid.Shape}."
            );
        }

        return new GridSampling(f).Sample(x, grid, axes);
    }

    private Value Sample(Value x, Value grid, int axes)
    {
        Value places = b.Reshape(grid, 0, -1, axes);
        Value? at = null;
        Value? weights = null;
        for (int axis = 0; axis < axes; axis++)
        {
            // [N, P, taps] joins [N, P, taps before] as [N, P, taps before * taps]
            long size = x.Shape[axis + 2].Size;
            (Value elements, Value? shares) = Taps(b.Gather(places, b.Ints(axes - 1 - axis), 2), size);
            at = at is null ? elements : Cross(b.Mul(at, b.ScalarLike(at, size)), elements, b.Add);
            weights =
                shares is null ? null
                : weights is null ? shares
                : Cross(weights, shares, b.Mul);
        }

        // one row of the same elements for each channel
        long taps = at!.Shape[2].Size;
        Value channels = b.Concat(0, b.Ints(1), SizeVector.Of(b, x, 1), b.Ints(1));
        Value everywhere = b.Expand(b.Reshape(at, 0, 1, -1), channels);
        Value taken = b.GatherElements(b.Reshape(x, 0, 0, -1), everywhere, 2);
        Value y = weights is null
            ? taken
            : b.ReduceSum(b.Mul(b.Reshape(taken, 0, 0, -1, taps), b.Unsqueeze(weights, 1)), [3], keepDims: false);
        return SizeVector.Reshape(b, y, [(x, 0), (x, 1), .. SizeVector.Axes(grid, 1).Take(axes)]);
    }

    private Value Cross(Value before, Value next, Func<Value, Value, Value> join) =>
        b.Reshape(join(b.Unsqueeze(before, 3), b.Unsqueeze(next, 2)), 0, 0, before.Shape[2].Size * next.Shape[2].Size);

    // The elements that a coordinate [N, P, 1] takes along an axis, and their shares.
    private (Value Elements, Value? Shares) Taps(Value coordinate, long size)
    {
        Value from1 = b.Add(coordinate, 1);
        Value place = alignsCorners ? b.Mul(from1, (size - 1) / 2.0) : b.Div(b.Sub(b.Mul(from1, size), 1), 2);
        place = Inside(mode == "nearest" ? b.Op("Round", [place]) : place, size);
        if (mode == "nearest")
        {
            return Elements(place, null, size);
        }

        Value first = b.Op("Floor", [place]);
        Value share = b.Sub(place, first);
        Value rest = b.Sub(b.ScalarLike(share, 1), share);
        return mode == "linear"
            ? Elements(b.Add(first, Numbers(first, 0, 1)), b.Concat(2, rest, share), size)
            : Elements(
                b.Add(first, Numbers(first, -1, 0, 1, 2)),
                b.Concat(2, Far(b.Add(share, 1)), Near(share), Near(rest), Far(b.Add(rest, 1))),
                size
            );
    }

    private (Value Elements, Value? Shares) Elements(Value taps, Value? shares, long size)
    {
        if (padding == "zeros")
        {
            Value outside = b.Op("Or", [b.Less(taps, b.ScalarLike(taps, 0)), b.Greater(taps, b.ScalarLike(taps, size - 1))]);
            shares = b.Where(outside, b.ScalarLike(taps, 0), shares ?? b.ScalarLike(taps, 1));
        }
        else if (padding == "reflection")
        {
            taps = b.Op("Round", [Reflected(taps, size)]);
        }

        return (b.Cast(Clipped(taps, size), ElementType.Int64), shares);
    }

    // A place outside of the image. Of cubic weights each element is brought inside by itself.
    private Value Inside(Value place, long size) =>
        (padding, mode) switch
        {
            ("reflection", _) => Reflected(place, size),
            ("border", not "cubic") => Clipped(place, size),
            _ => place,
        };

    // There and back again, as often as needed: with u counted from the border in widths, the distance of u to the next even number.
    private Value Reflected(Value place, long size)
    {
        (double low, double high) = Border(size);
        double width = high - low;
        if (width == 0)
        {
            return b.Mul(place, 0);
        }

        Value u = b.Div(b.Sub(place, low), width);
        Value even = b.Mul(b.Op("Round", [b.Div(u, 2)]), 2);
        return b.Add(b.Mul(b.Abs(b.Sub(u, even)), width), low);
    }

    private (double Low, double High) Border(long size) => alignsCorners ? (0, size - 1) : (-0.5, size - 0.5);

    private Value Clipped(Value place, long size) => b.Clip(place, b.ScalarLike(place, 0), b.ScalarLike(place, size - 1));

    // Keys' weights (1981) up to a distance of 1, and from 1 to 2
    private Value Near(Value d) => b.Add(b.Mul(b.Mul(d, d), b.Sub(b.Mul(d, Cubic + 2), Cubic + 3)), 1);

    private Value Far(Value d) => b.Sub(b.Mul(b.Add(b.Mul(b.Sub(b.Mul(d, Cubic), 5 * Cubic), d), 8 * Cubic), d), 4 * Cubic);

    private Value Numbers(Value like, params double[] numbers) => b.Constant(ComputedConstant.Of(like.Type, numbers, numbers.Length));
}
