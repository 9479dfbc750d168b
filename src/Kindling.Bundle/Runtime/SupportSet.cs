namespace Kindling.Bundles;

/// <summary>Labelled examples to adapt to. Immutable, as long as nobody writes to the tensors that went in.</summary>
public sealed partial class SupportSet
{
    private SupportSet(
        FloatTensor inputs,
        IReadOnlyList<string> classes,
        int[]? labels,
        FloatTensor? targets,
        ImageInversion? invert = null,
        IReadOnlyList<IReadOnlyList<(Box Box, int Class)>>? objects = null
    )
    {
        Invert = invert;
        Objects = objects;
        Inputs = inputs;
        Classes = classes;
        Labels = labels;
        Targets = targets;
    }

    /// <summary>The inputs, <c>[n, ...]</c>.</summary>
    public FloatTensor Inputs { get; }

    /// <summary>Class names; they take free head slots in this order. Empty for regression and for targets.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The index into <see cref="Classes"/> of each example; null for regression.</summary>
    public IReadOnlyList<int>? Labels { get; }

    /// <summary>The targets, <c>[n, outputs]</c>; null for classification.</summary>
    public FloatTensor? Targets { get; }

    /// <summary>How the pictures were inverted, which a learner remembers for those to predict; null when the examples came as tensors.</summary>
    public ImageInversion? Invert { get; }

    /// <summary>Number of examples.</summary>
    public int Count => Inputs.Shape[0];

    /// <summary>Labelled examples, class names in ordinal order.</summary>
    /// <param name="examples">Class name and one input each; all inputs of one shape.</param>
    /// <exception cref="ArgumentException">No examples, an empty class name, or inputs of different shapes.</exception>
    public static SupportSet FromExamples(IEnumerable<(string Label, FloatTensor Input)> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        return FromExamples([.. examples], invert: null);
    }

    /// <summary>Labelled pictures, prepared as the model wants them; class names in ordinal order.</summary>
    /// <param name="manifest">The model's manifest.</param>
    /// <param name="examples">Class name and one picture each.</param>
    /// <param name="invert">Another rule of inversion than the bundle's; null takes the bundle's.</param>
    /// <exception cref="ArgumentException">No examples, an empty class name, or a model that takes no pictures.</exception>
    public static SupportSet FromImages(
        BundleManifest manifest,
        IEnumerable<(string Label, ImageInput Image)> examples,
        ImageInversion? invert = null
    )
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(examples);
        return FromExamples(
            [.. examples.Select(example => (example.Label, manifest.Prepare(example.Image, invert)))],
            manifest.ForPictures(invert).Invert
        );
    }

    /// <summary>Labelled texts, prepared as the model wants them; class names in ordinal order.</summary>
    /// <param name="manifest">The model's manifest.</param>
    /// <param name="examples">Class name and one text each.</param>
    /// <exception cref="ArgumentException">No examples, an empty class name, an empty text, or a model that takes no texts.</exception>
    public static SupportSet FromTexts(BundleManifest manifest, IEnumerable<(string Label, string Text)> examples)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(examples);
        return FromExamples([.. examples.Select(example => (example.Label, manifest.Prepare(example.Text)))], invert: null);
    }

    /// <summary>Labelled recordings, prepared as the model wants them; class names in ordinal order.</summary>
    /// <param name="manifest">The model's manifest.</param>
    /// <param name="examples">Class name and one recording each.</param>
    /// <exception cref="ArgumentException">No examples, an empty class name, or a model that takes no recordings.</exception>
    public static SupportSet FromAudio(BundleManifest manifest, IEnumerable<(string Label, AudioInput Audio)> examples)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(examples);
        return FromExamples([.. examples.Select(example => (example.Label, manifest.Prepare(example.Audio)))], invert: null);
    }

    /// <summary>A text that a language model is to learn to continue, cut into windows as the model wants them.</summary>
    /// <param name="manifest">The model's manifest.</param>
    /// <param name="text">The bytes, UTF-8 or any others: the model is of bytes.</param>
    /// <exception cref="ArgumentException">The text is empty, or the model is no language model.</exception>
    public static SupportSet FromText(BundleManifest manifest, ReadOnlySpan<byte> text)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        (FloatTensor inputs, FloatTensor targets) = manifest.ForLanguage().Windows(text);
        return FromTargets(inputs, targets);
    }

    private static SupportSet FromExamples((string Label, FloatTensor Input)[] examples, ImageInversion? invert)
    {
        if (Array.FindIndex(examples, example => string.IsNullOrEmpty(example.Label)) is int nameless and >= 0)
        {
            throw new ArgumentException($"Example {nameless} has no class name.", nameof(examples));
        }

        string[] classes = [.. examples.Select(example => example.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        int[] labels = Array.ConvertAll(examples, example => Array.BinarySearch(classes, example.Label, StringComparer.Ordinal));
        return new SupportSet(Stack(examples, example => example.Input, "inputs"), classes, labels, targets: null, invert);
    }

    /// <summary>Points of a function.</summary>
    /// <param name="examples">One input and its target each; all inputs of one shape, all targets too.</param>
    /// <exception cref="ArgumentException">No examples, or different shapes.</exception>
    public static SupportSet FromTargets(IEnumerable<(FloatTensor Input, FloatTensor Target)> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        (FloatTensor Input, FloatTensor Target)[] all = [.. examples];
        return FromTargets(Stack(all, example => example.Input, "inputs"), Stack(all, example => example.Target, "targets"));
    }

    /// <summary>A batch of inputs with class indices; the classes take head slots in the order given.</summary>
    /// <param name="inputs">Shape <c>[n, ...]</c>.</param>
    /// <param name="labels">Index into <paramref name="classes"/> for each input.</param>
    /// <param name="classes">Different class names, each with at least one example.</param>
    /// <exception cref="ArgumentException">No examples, a label outside the classes, a class without examples, or a name twice.</exception>
    public static SupportSet FromTensors(FloatTensor inputs, IReadOnlyList<int> labels, IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classes);
        RequireExamples(inputs, labels.Count, "labels");
        string[] names = [.. classes];
        if (names.Any(string.IsNullOrEmpty) || names.Distinct(StringComparer.Ordinal).Count() != names.Length)
        {
            throw new ArgumentException($"Class names must be different and not empty, got [{string.Join(", ", names)}].", nameof(classes));
        }

        bool[] seen = new bool[names.Length];
        for (int i = 0; i < labels.Count; i++)
        {
            if (labels[i] < 0 || labels[i] >= names.Length)
            {
                throw new ArgumentException($"Label {labels[i]} of example {i} is outside the {names.Length} classes.", nameof(labels));
            }

            seen[labels[i]] = true;
        }

        int empty = Array.IndexOf(seen, value: false);
        return empty < 0
            ? new SupportSet(inputs, names, [.. labels], targets: null)
            : throw new ArgumentException($"The class '{names[empty]}' has no examples.", nameof(labels));
    }

    /// <summary>A batch of inputs with targets.</summary>
    /// <param name="inputs">Shape <c>[n, ...]</c>.</param>
    /// <param name="targets">Shape <c>[n, outputs]</c>.</param>
    /// <exception cref="ArgumentException">No examples, or the numbers of inputs and targets differ.</exception>
    public static SupportSet FromTargets(FloatTensor inputs, FloatTensor targets)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        RequireExamples(inputs, targets.Rank == 0 ? 0 : targets.Shape[0], "targets");
        return new SupportSet(inputs, [], labels: null, targets);
    }

    /// <summary>Some of these examples, in the order given. The class names stay those of this set, also where none of their examples was chosen.</summary>
    /// <param name="examples">Indices; at least one.</param>
    internal SupportSet Choose(int[] examples) =>
        new(
            Rows(Inputs, examples),
            Classes,
            Labels is null ? null : Array.ConvertAll(examples, i => Labels[i]),
            Targets is null ? null : Rows(Targets, examples),
            Invert,
            Objects is null ? null : Array.ConvertAll(examples, i => Objects[i])
        );

    /// <summary>Some of the labelled examples, and only the classes that they have.</summary>
    internal SupportSet Part(int[] examples)
    {
        int[] labels = Array.ConvertAll(examples, i => Labels![i]);
        int[] present = [.. labels.Distinct().Order()];
        return new SupportSet(
            Rows(Inputs, examples),
            [.. present.Select(label => Classes[label])],
            Array.ConvertAll(labels, label => Array.BinarySearch(present, label)),
            targets: null,
            Invert
        );
    }

    /// <summary>The same examples, noted as pictures that were inverted by a rule.</summary>
    internal SupportSet WithInversion(ImageInversion? invert) => new(Inputs, Classes, Labels as int[], Targets, invert, Objects);

    private static FloatTensor Rows(FloatTensor tensor, int[] rows)
    {
        int length = tensor.Count / tensor.Shape[0];
        float[] values = new float[rows.Length * length];
        for (int i = 0; i < rows.Length; i++)
        {
            tensor.Values.AsSpan(rows[i] * length, length).CopyTo(values.AsSpan(i * length));
        }

        return new FloatTensor([rows.Length, .. tensor.Shape.Skip(1)], values);
    }

    private static void RequireExamples(FloatTensor inputs, int count, string what)
    {
        if (inputs.Rank == 0 || inputs.Shape[0] == 0)
        {
            throw new ArgumentException($"Expected inputs of shape [n, ...] with at least one example, got {inputs}.", nameof(inputs));
        }

        if (count != inputs.Shape[0])
        {
            throw new ArgumentException($"{inputs.Shape[0]} inputs ({inputs}) came with {count} {what}.", nameof(inputs));
        }
    }

    /// <summary>One tensor of a part of each example.</summary>
    internal static FloatTensor Stack<T>(IReadOnlyList<T> examples, Func<T, FloatTensor> part, string what)
    {
        if (examples.Count == 0)
        {
            throw new ArgumentException("Expected at least one example, got none.", nameof(examples));
        }

        FloatTensor first = part(examples[0]);
        float[] values = new float[(long)examples.Count * first.Count];
        for (int i = 0; i < examples.Count; i++)
        {
            FloatTensor tensor = part(examples[i]);
            if (!tensor.Shape.SequenceEqual(first.Shape))
            {
                throw new ArgumentException($"All {what} need one shape: example 0 is {first}, example {i} is {tensor}.", nameof(examples));
            }

            tensor.Values.CopyTo(values, (long)i * first.Count);
        }

        return new FloatTensor([examples.Count, .. first.Shape], values);
    }
}
