namespace Kindling.Graphs.Onnx;

/// <summary>Pads of ConvTranspose that a file leaves to a rule (auto_pad) or to the sizes it wants (output_shape), as numbers.</summary>
internal static class TransposedPads
{
    /// <summary>Rewrites a node's attributes.</summary>
    public static void Convert(NodeForm form)
    {
        string rule = form.Text("auto_pad", "NOTSET");
        long[]? wanted = form.Ints("output_shape");
        if (wanted is null && rule is "NOTSET" or "VALID")
        {
            return;
        }

        (Value x, Value w) = (form.Input(0), form.Input(1));
        int spatial = x.Rank - 2;
        long[] ones = [.. Enumerable.Repeat(1L, Math.Max(0, spatial))];
        long[] strides = Given("strides", ones);
        long[] dilations = Given("dilations", ones);
        long[] padding = (long[])Given("output_padding", new long[ones.Length]).Clone();
        if (
            spatial < 1
            || w.Rank != x.Rank
            || !w.Shape.Skip(2).All(d => d.IsKnown)
            || new[] { strides, dilations, padding }.Any(a => a.Length != spatial)
            || (wanted is not null && (wanted.Length < spatial || !x.Shape.Skip(2).All(d => d.IsKnown)))
            || rule is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER")
        )
        {
            throw new GraphException(
                $"{form.Where}: auto_pad {rule} and output_shape [{string.Join(", ", wanted ?? [])}] do not go with {x.Shape} and weights {w.Shape}."
            );
        }

        long[] pads = new long[2 * spatial];
        for (int i = 0; i < spatial; i++)
        {
            // what there is more than wanted is cut, less on the side that the rule names first; what there is less comes behind
            long full = padding[i] + (dilations[i] * (w.Shape[i + 2].Size - 1)) + 1;
            long more = wanted is null
                ? full - strides[i]
                : (strides[i] * (x.Shape[i + 2].Size - 1)) + full - wanted[wanted.Length - spatial + i];
            long cut = Math.Max(0, more);
            padding[i] += cut - more;
            pads[i] = rule == "SAME_UPPER" ? cut / 2 : cut - (cut / 2);
            pads[spatial + i] = cut - pads[i];
        }

        form.Attributes["pads"] = pads;
        form.Attributes["output_padding"] = padding;

        long[] Given(string name, long[] absent) =>
            form.Attributes.TryGetValue(name, out object? value)
                ? value as long[] ?? throw new GraphException($"{form.Where}: attribute '{name}' has a wrong type.")
                : absent;
    }
}
