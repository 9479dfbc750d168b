namespace Kindling.Bundles;

/// <summary>What a valid manifest obeys; collects every fault instead of stopping at the first.</summary>
internal static partial class ManifestRules
{
    /// <summary>Most elements that one tensor may have: its bytes must fit an array.</summary>
    internal const long MaximumElements = int.MaxValue / sizeof(float);

    private const int MaximumSteps = 1_000_000;

    private static readonly string[] Tasks =
    [
        BundleManifest.Classification,
        BundleManifest.Regression,
        BundleManifest.Language,
        BundleManifest.Detection,
    ];
    private static readonly string[] Normalizations = ["none", "batch", "support", "group", "layer"];
    private static readonly string[] Optimizers = ["sgd", "momentum", "adam", "adamw"];

    internal static IReadOnlyList<string> Check(BundleManifest manifest)
    {
        List<string> faults = [];
        CheckEntries(manifest, faults);
        if (faults.Count > 0)
        {
            return faults;
        }

        if (manifest.FormatVersion != BundleManifest.CurrentFormatVersion)
        {
            faults.Add($"formatVersion: expected {BundleManifest.CurrentFormatVersion}, got {manifest.FormatVersion}.");
        }

        if (string.IsNullOrWhiteSpace(manifest.Name))
        {
            faults.Add("name: must not be empty.");
        }

        OneOf("task", manifest.Task, Tasks, faults);
        OneOf("normalization", manifest.Normalization, Normalizations, faults);
        OneOf("innerRule.optimizer", manifest.InnerRule.Optimizer, Optimizers, faults);
        if (manifest.InnerRule.Steps is < 1 or > MaximumSteps)
        {
            faults.Add($"innerRule.steps: expected 1 to {MaximumSteps}, got {manifest.InnerRule.Steps}.");
        }

        if (manifest.InnerRule.Stream is { } stream && !(stream.Jump > 0 && double.IsFinite(stream.Jump)))
        {
            faults.Add($"innerRule.stream.jump: expected a positive number, got {stream.Jump}.");
        }

        if (manifest.InnerRule.Batch < 1)
        {
            faults.Add($"innerRule.batch: expected null or at least 1, got {manifest.InnerRule.Batch}.");
        }

        if (manifest.InnerRule.Examples < 1)
        {
            faults.Add($"innerRule.examples: expected null or at least 1, got {manifest.InnerRule.Examples}.");
        }

        CheckPreprocessing(manifest, faults);
        CheckData(manifest, faults);
        bool named = CheckTensors(manifest, faults);
        if (named)
        {
            GraphSignature signature = GraphSignature.Of(manifest);
            Memory("graphs.infer.memory", manifest.Graphs.Infer.Memory, faults);
            Memory("graphs.adapt.memory", manifest.Graphs.Adapt.Memory, faults);
            CheckBackbone(manifest, faults);
            SameNames("graphs.infer.inputs", manifest.Graphs.Infer.Inputs, signature.InferInputs, faults);
            SameNames("graphs.infer.outputs", manifest.Graphs.Infer.Outputs, signature.InferOutputs, faults);
            SameNames("graphs.adapt.inputs", manifest.Graphs.Adapt.Inputs, signature.AdaptInputs, faults);
            SameNames("graphs.adapt.outputs", manifest.Graphs.Adapt.Outputs, signature.AdaptOutputs, faults);
            if (manifest.Graphs.Accumulate is { } accumulate)
            {
                Memory("graphs.accumulate.memory", accumulate.Memory, faults);
                SameNames("graphs.accumulate.inputs", accumulate.Inputs, signature.AccumulateInputs, faults);
                SameNames("graphs.accumulate.outputs", accumulate.Outputs, signature.AccumulateOutputs, faults);
            }

            if (manifest.Graphs.Update is { } update)
            {
                SameNames("graphs.update.inputs", update.Inputs, signature.UpdateInputs, faults);
                SameNames("graphs.update.outputs", update.Outputs, signature.UpdateOutputs, faults);
            }

            if (manifest.Graphs.AdaptMany is { } many)
            {
                SameNames("graphs.adaptMany.inputs", many.Inputs, signature.AdaptInputs, faults);
                SameNames("graphs.adaptMany.outputs", many.Outputs, signature.AdaptOutputs, faults);
            }
        }

        CheckFiles(manifest, faults);
        CheckBake(manifest, faults);
        return faults;
    }

    /// <summary>JSON's null is refused by the reader where a member is not nullable, but not where an entry of a list or of an object of names is.</summary>
    private static void CheckEntries(BundleManifest manifest, List<string> faults)
    {
        void Check(string place, IEnumerable<object?> entries)
        {
            if (entries.Contains(null))
            {
                faults.Add($"{place}: an entry is null.");
            }
        }

        Check("output.names", manifest.Output.Names ?? []);
        Check("preprocessing.columns", manifest.Preprocessing.Table?.Columns ?? []);
        Check("parameters", manifest.Parameters);
        Check("statistics", manifest.Statistics);
        Check("graphs.infer.inputs", manifest.Graphs.Infer.Inputs);
        Check("graphs.infer.outputs", manifest.Graphs.Infer.Outputs);
        Check("graphs.adapt.inputs", manifest.Graphs.Adapt.Inputs);
        Check("graphs.adapt.outputs", manifest.Graphs.Adapt.Outputs);
        Check("graphs.backbone.inputs", manifest.Graphs.Backbone?.Inputs ?? []);
        Check("graphs.backbone.outputs", manifest.Graphs.Backbone?.Outputs ?? []);
        Check("bake.tensors", manifest.Bake?.Tensors.Values ?? []);
        Check("provenance.licences", manifest.Provenance.Licences);
        Check("files", manifest.Files.Values);
    }

    private static void Memory(string place, ManifestMemory? memory, List<string> faults)
    {
        if (memory is { Bytes: < 0 } or { BytesPerExample: < 0 } or { KeptBytesPerExample: < 0 })
        {
            faults.Add($"{place}: expected 0 bytes or more, got {memory.Bytes} and {memory.BytesPerExample}.");
        }
    }

    /// <summary>A backbone reads the data and what stays as it is, and has values of its own.</summary>
    private static void CheckBackbone(BundleManifest manifest, List<string> faults)
    {
        if (manifest.Graphs.Backbone is not { } backbone)
        {
            return;
        }

        Memory("graphs.backbone.memory", backbone.Memory, faults);
        string[] allowed =
        [
            manifest.Input.Name,
            .. manifest.Parameters.Where(parameter => !parameter.Adapts).Select(parameter => parameter.Name),
        ];
        SameNames(
            "graphs.backbone.inputs",
            backbone.Inputs,
            [.. allowed.Where(name => name == manifest.Input.Name || backbone.Inputs.Contains(name))],
            faults
        );
        GraphSignature signature = GraphSignature.Of(manifest);
        string[] taken =
        [
            manifest.Input.Name,
            GraphSignature.Labels,
            .. signature.InferInputs.Except(signature.Data),
            .. signature.AdaptInputs.Except(signature.Data),
            .. signature.InferOutputs,
            .. signature.AdaptOutputs,
        ];
        string[] clashes = [.. backbone.Outputs.Intersect(taken, StringComparer.Ordinal)];
        if (
            backbone.Outputs.Count == 0
            || clashes.Length > 0
            || backbone.Outputs.Distinct(StringComparer.Ordinal).Count() != backbone.Outputs.Count
        )
        {
            faults.Add(
                $"graphs.backbone.outputs: expected names of their own, at least one and each once, got [{string.Join(", ", backbone.Outputs)}]."
            );
        }
    }

    private static void CheckPreprocessing(BundleManifest manifest, List<string> faults)
    {
        Preprocessing preprocessing = manifest.Preprocessing;
        IReadOnlyList<string> own = preprocessing.Validate();
        faults.AddRange(own.Select(fault => $"preprocessing: {fault}"));
        long? values = preprocessing switch
        {
            { Image: { } image } => (long)image.Channels * image.Height * image.Width,
            { Table: { } table } => table.Columns.Count,
            { Audio: { } audio } => (long)audio.Frames * audio.Mels,
            { Language: { } language } => language.Shape.Aggregate(1L, (product, size) => product * size),
            _ => null,
        };
        long input = Elements(manifest.Input.Shape.Skip(1).Select(size => size ?? 0));
        if (own.Count == 0 && values is not null && values != input)
        {
            faults.Add($"preprocessing: makes {values} values, input.shape takes {input}.");
        }
    }

    private static void CheckData(BundleManifest manifest, List<string> faults)
    {
        IReadOnlyList<int?> shape = manifest.Input.Shape;
        if (shape.Count == 0 || shape[0] is not null || shape.Skip(1).Any(size => size is null or < 1))
        {
            faults.Add(
                $"input.shape: expected null (the batch) and positive sizes, got [{string.Join(", ", shape.Select(size => size?.ToString() ?? "null"))}]."
            );
        }
        else if (Elements(shape.Skip(1).Select(size => size!.Value)) > MaximumElements)
        {
            faults.Add($"input.shape: one input has more than {MaximumElements} values.");
        }

        if (manifest.Input.Name != "x")
        {
            faults.Add($"input.name: expected 'x', got '{manifest.Input.Name}'.");
        }

        if (manifest.Input.Type != "float32")
        {
            faults.Add($"input.type: expected 'float32', got '{manifest.Input.Type}'.");
        }

        ManifestOutput output = manifest.Output;
        if (output.Count < 1)
        {
            faults.Add($"output.count: expected at least 1, got {output.Count}.");
        }

        if (manifest.IsLanguage != output.Codes is not null || output.Codes < 2)
        {
            faults.Add(
                $"output.codes: expected {(manifest.IsLanguage ? "at least 2" : "none")}, got {output.Codes?.ToString() ?? "none"}."
            );
        }

        if (manifest.IsLanguage && (shape.Count is not (2 or 3) || shape[1] != output.Count))
        {
            faults.Add($"output.count: expected one output for each position of input.shape, got {output.Count}.");
        }

        if (!manifest.IsLanguage && manifest.Preprocessing.Language is not null)
        {
            faults.Add($"preprocessing: language is for task language, got {manifest.Task}.");
        }

        if (manifest.IsDetection != output.Grid is not null)
        {
            faults.Add(
                $"output.grid: expected {(manifest.IsDetection ? "rows and columns" : "none")}, got {(output.Grid is null ? "none" : "one")}."
            );
        }
        else if (
            output.Grid is { } grid
            && (
                grid.Rows < 1
                || grid.Columns < 1
                || shape.Count != 4
                || shape[2] != (long)grid.Rows * DetectionGrid.Cell
                || shape[3] != (long)grid.Columns * DetectionGrid.Cell
            )
        )
        {
            faults.Add(
                $"output.grid: expected a cell for every {DetectionGrid.Cell} x {DetectionGrid.Cell} of input.shape, got {grid.Rows} rows and {grid.Columns} columns."
            );
        }

        if (manifest.IsDetection && manifest.Preprocessing.Image is null)
        {
            faults.Add($"preprocessing: a detector takes pictures, got {manifest.Preprocessing.Kind}.");
        }

        if (output.Names is { } names && (names.Count != output.Count || names.Distinct(StringComparer.Ordinal).Count() != names.Count))
        {
            faults.Add($"output.names: expected null or {output.Count} different names, got [{string.Join(", ", names)}].");
        }
    }

    private static void OneOf(string place, string value, string[] known, List<string> faults)
    {
        if (!known.Contains(value, StringComparer.Ordinal))
        {
            faults.Add($"{place}: expected one of {string.Join(", ", known)}; got '{value}'.");
        }
    }

    /// <summary>Order is the manifest's affair (values are bound by name); presence and uniqueness are not.</summary>
    private static void SameNames(string place, IReadOnlyList<string> got, IReadOnlyList<string> expected, List<string> faults)
    {
        string[] missing = [.. expected.Except(got, StringComparer.Ordinal)];
        string[] unknown = [.. got.Except(expected, StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            faults.Add($"{place}: missing {string.Join(", ", missing)}.");
        }

        if (unknown.Length > 0)
        {
            faults.Add($"{place}: unexpected {string.Join(", ", unknown)}.");
        }

        if (got.Distinct(StringComparer.Ordinal).Count() != got.Count)
        {
            faults.Add($"{place}: a name appears twice.");
        }
    }

    /// <summary>The product of sizes, saturated just above <see cref="MaximumElements"/>; sizes below 0 count as 0.</summary>
    private static long Elements(IEnumerable<int> shape) =>
        shape.Aggregate(1L, (product, size) => Math.Min(product * Math.Max(size, 0), MaximumElements + 1));
}
