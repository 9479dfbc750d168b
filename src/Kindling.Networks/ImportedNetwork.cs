using Kindling.Graphs;

namespace Kindling.Networks;

/// <summary>A network that somebody else exported: some of its constants are parameters, and it may get a head on top.</summary>
internal static class ImportedNetwork
{
    public static NetworkRow Row { get; } = new("onnx", ["file", "sha256", "trainable"], Faults, NetworkFaults.None, Write);

    private static IEnumerable<string> Faults(NetworkSpec spec)
    {
        if (spec.File is not { Length: > 0 } file || Path.GetFileName(file) != file || file is "." or ".." || file.Contains('\\'))
        {
            yield return $"network.file: expected the name of a file beside the recipe, got '{spec.File}'";
        }

        if (spec.Sha256 is not { Length: 64 })
        {
            yield return $"network.sha256: expected 64 hexadecimal digits, got '{spec.Sha256}'";
        }

        if (spec.Trainable is not { Count: > 0 } names || names.Distinct(StringComparer.Ordinal).Count() < names.Count)
        {
            yield return "network.trainable: expected one or more names, each once";
        }

        if (
            spec.Normalization is not (Normalization.None or Normalization.Layer)
            || (spec.Normalization == Normalization.Layer && spec.Head == "own")
        )
        {
            yield return $"network.normalization: onnx takes none, or layer under a new head, got {spec.Normalization} with head {spec.Head}";
        }
    }

    private static Graph Write(NetworkBuilder n, NetworkSpec spec, int outputs)
    {
        Graph model = spec.Imported?.Graph ?? throw new GraphException($"network.file: '{spec.File}' was not read.");
        Dictionary<string, Value> bindings = new(StringComparer.Ordinal);
        foreach (string name in spec.Trainable!)
        {
            Tensor start =
                model.Constants.FirstOrDefault(c => c.Name == name)?.Constant
                ?? throw new GraphException($"network.trainable: '{spec.File}' has no constant '{name}'.");
            bindings[name] = n.Given(name, start);
        }

        Value input =
            model.Inputs.Count == 1
                ? model.Inputs[0]
                : throw new GraphException($"network.file: expected one input, '{spec.File}' has {model.Inputs.Count}.");
        bindings[input.Name] = Fit(n, input);
        Value output = n.Builder.Inline(model, bindings)[model.Outputs[0].Name];
        Value flat = output.Rank == 2 ? output : n.Builder.Flatten(output);
        if (!flat.Shape[1].IsKnown)
        {
            throw new GraphException(
                $"network.file: '{spec.File}' gives {output.Shape} of inputs {n.X.Shape}; all but the first size must follow from the input's."
            );
        }

        if (spec.Head != "own")
        {
            // what somebody else's network gives may be of any size, and a new head learns from features of about 1
            Value features = n.Normalize(flat, "features.norm");
            return n.Finish(Head(n, spec, features, outputs), features);
        }

        // Losses and predictions take the softmax themselves.
        Value scores = flat.Producer is { OpType: "Softmax" } softmax && IsLastAxis(softmax) ? softmax.Input(0)! : flat;
        return flat.Shape[1].Is(outputs)
            ? n.Finish(scores, scores)
            : throw new GraphException(
                $"network.head: own gives {flat.Shape[1]} numbers an example, the tasks want {outputs}; take linear for a head of its own for each task."
            );
    }

    private static bool IsLastAxis(Node softmax) => softmax.Attributes.Int("axis", -1) is -1 or 1;

    private static Value Head(NetworkBuilder n, NetworkSpec spec, Value features, int outputs) =>
        spec.Head == "prototypes"
            ? n.PrototypeHead(features, outputs)
            : n.Dense(
                features,
                outputs,
                // the model may have a head of that name
                spec.Trainable!.Any(name => name.StartsWith("head.", StringComparison.Ordinal))
                    ? "new.head"
                    : "head",
                InitialDistribution.Uniform,
                isHead: true
            );

    // The examples as the model wants them: pictures with their channels last, rows of numbers as blocks, codes as integers.
    private static Value Fit(NetworkBuilder n, Value input)
    {
        Dimension[] have = [.. n.X.Shape.Skip(1)];
        Dimension[] want = [.. input.Shape.Skip(1)];
        Value x =
            Matches(have, want) ? n.X
            : have is [var c, var h, var w] && Matches([h, w, c], want) ? n.Builder.Transpose(n.X, 0, 2, 3, 1)
            : have is [_] && Blocks(have[0].Size, want) is { } sizes ? n.Builder.Reshape(n.X, [0, .. sizes])
            : throw new GraphException(
                $"network onnx takes inputs {new Shape(want)}, got {new Shape(have)}; pictures may have their channels first or last, and rows of numbers any shape of as many."
            );
        return x.Type == input.Type ? x : n.Builder.Cast(x, input.Type);
    }

    private static bool Matches(Dimension[] have, Dimension[] want) =>
        have.Length == want.Length && have.Zip(want).All(d => !d.Second.IsKnown || d.First.Equals(d.Second));

    // Sizes of as many numbers; one of them may follow from the others.
    private static long[]? Blocks(long count, Dimension[] want)
    {
        long known = want.Where(d => d.IsKnown).Aggregate(1L, (product, d) => product * d.Size);
        int unknown = want.Count(d => !d.IsKnown);
        return known > 0 && (unknown == 0 ? known == count : unknown == 1 && count % known == 0)
            ? [.. want.Select(d => d.IsKnown ? d.Size : count / known)]
            : null;
    }
}
