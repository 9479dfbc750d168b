namespace Kindling.Bundles;

/// <summary>Whether data fits the model: shape, and finite numbers. Messages say what was expected, what came, and where.</summary>
internal static class InputCheck
{
    /// <summary>The batch size of inputs; one input may come without a leading 1 where <paramref name="single"/> allows it.</summary>
    internal static int Batch(BundleManifest manifest, FloatTensor inputs, bool single, string parameter)
    {
        ArgumentNullException.ThrowIfNull(inputs, parameter);
        if (Matches(manifest, inputs, skip: 1))
        {
            int batch = inputs.Shape[0];
            if (batch > 0 && (!single || batch == 1))
            {
                return batch;
            }
        }

        if (single && Matches(manifest, inputs, skip: 0))
        {
            return 1;
        }

        string sizes = string.Join(", ", manifest.Input.Shape.Skip(1));
        string batched = sizes.Length == 0 ? "n" : $"n, {sizes}";
        throw new ArgumentException(
            single
                ? $"One input of '{manifest.Name}' has shape [{sizes}], it came with [{string.Join(", ", inputs.Shape)}]."
                : $"Inputs of '{manifest.Name}' have shape [{batched}] with n at least 1, they came with [{string.Join(", ", inputs.Shape)}].",
            parameter
        );
    }

    /// <summary>The batch size of inputs, which must be finite too.</summary>
    internal static int FiniteBatch(BundleManifest manifest, FloatTensor inputs, bool single, string parameter)
    {
        int batch = Batch(manifest, inputs, single, parameter);
        Numbers(manifest, inputs.Values, batch, "Input", parameter);
        return batch;
    }

    /// <summary>Whether labelled examples fit the model, but for the names of their classes.</summary>
    /// <returns>How many there are.</returns>
    internal static int Examples(BundleManifest manifest, SupportSet examples, string parameter)
    {
        ArgumentNullException.ThrowIfNull(examples, parameter);
        int count = Batch(manifest, examples.Inputs, single: false, parameter);
        Numbers(manifest, examples.Inputs.Values, count, "Example", parameter);
        if (manifest.IsClassification != examples.Labels is not null)
        {
            throw new ArgumentException(
                manifest.IsClassification ? $"'{manifest.Name}' classifies: its examples need class names, they came with targets."
                    : manifest.IsDetection ? $"'{manifest.Name}' finds objects: its examples need boxes, they came with class names."
                    : $"'{manifest.Name}' predicts numbers: its examples need targets, they came with class names.",
                parameter
            );
        }

        if (examples.Targets is not { } targets)
        {
            return count;
        }

        int outputs = manifest.Output.TargetLength;
        bool fits = targets.Rank == 2 ? targets.Shape[1] == outputs : targets.Rank == 1 && outputs == 1;
        if (!fits)
        {
            throw new ArgumentException(
                $"Targets of '{manifest.Name}' have shape [n, {outputs}], they came with [{string.Join(", ", targets.Shape)}].",
                parameter
            );
        }

        Numbers(manifest, targets.Values, count, "Target", parameter);
        return count;
    }

    /// <summary>Refuses NaN and infinity.</summary>
    /// <param name="values">All values.</param>
    /// <param name="rows">Rows that the values make.</param>
    /// <param name="what">What a row is called.</param>
    /// <param name="parameter">The parameter's name.</param>
    internal static void Finite(ReadOnlySpan<float> values, int rows, string what, string parameter)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                int length = values.Length / rows;
                throw new ArgumentException(
                    $"{what} {i / length} holds {values[i]} at position {i % length}; numbers must be finite.",
                    parameter
                );
            }
        }
    }

    /// <summary>Refuses NaN and infinity, and where a model is of codes all that are none.</summary>
    private static void Numbers(BundleManifest manifest, ReadOnlySpan<float> values, int rows, string what, string parameter)
    {
        Finite(values, rows, what, parameter);
        for (int i = 0; manifest.Output.Codes is { } codes && i < values.Length; i++)
        {
            if (values[i] < 0 || values[i] >= codes || values[i] != MathF.Floor(values[i]))
            {
                int length = values.Length / rows;
                throw new ArgumentException(
                    $"{what} {i / length} holds {values[i]} at position {i % length}; codes of '{manifest.Name}' are whole numbers from 0 to {codes - 1}.",
                    parameter
                );
            }
        }
    }

    private static bool Matches(BundleManifest manifest, FloatTensor inputs, int skip)
    {
        IReadOnlyList<int?> expected = manifest.Input.Shape;
        if (inputs.Rank - skip != expected.Count - 1)
        {
            return false;
        }

        for (int i = 1; i < expected.Count; i++)
        {
            if (expected[i] != inputs.Shape[i - 1 + skip])
            {
                return false;
            }
        }

        return true;
    }
}
