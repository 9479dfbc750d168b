namespace Kindling.Bundles;

/// <content>Examples of detection: pictures with boxes.</content>
public sealed partial class SupportSet
{
    /// <summary>The objects of each example, in pixels of the model's input, with their index into <see cref="Classes"/>; null where examples came otherwise.</summary>
    internal IReadOnlyList<IReadOnlyList<(Box Box, int Class)>>? Objects { get; }

    /// <summary>
    /// Pictures with all their objects, prepared as the model wants them; class names in ordinal order. A picture may have none: it then says what is no object. What is not marked
    /// counts as ground, so that objects left out teach the model to overlook them.
    /// </summary>
    /// <param name="manifest">The manifest of a detector.</param>
    /// <param name="examples">Pictures and their objects, in pixels of the picture.</param>
    /// <param name="invert">Another rule of inversion than the bundle's; null takes the bundle's.</param>
    /// <exception cref="ArgumentException">
    /// No examples or no objects at all, an empty class name, a box outside its picture or without an area, or a model that finds no objects.
    /// </exception>
    public static SupportSet FromObjects(
        BundleManifest manifest,
        IEnumerable<(ImageInput Image, IReadOnlyList<LabelledBox> Objects)> examples,
        ImageInversion? invert = null
    )
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(examples);
        DetectionGrid grid = manifest.ForObjects();
        ImagePreprocessing pictures = manifest.ForPictures(invert);
        (ImageInput Image, IReadOnlyList<LabelledBox> Objects)[] all = [.. examples];
        string[] classes =
        [
            .. all.SelectMany(e => e.Objects).Select(o => o.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
        if (classes.Length == 0)
        {
            throw new ArgumentException(
                $"Expected at least one object to learn from, got none in {all.Length} pictures.",
                nameof(examples)
            );
        }

        if (classes.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("An object has no class name.", nameof(examples));
        }

        if (classes.Length > grid.Slots)
        {
            throw new ArgumentException(
                $"'{manifest.Name}' has {grid.Slots} head slots, the examples make {classes.Length} classes: {string.Join(", ", classes)}.",
                nameof(examples)
            );
        }

        List<(FloatTensor Input, FloatTensor Target)> prepared = [];
        List<IReadOnlyList<(Box Box, int Class)>> objects = [];
        foreach ((ImageInput image, IReadOnlyList<LabelledBox> marked) in all)
        {
            (Box Box, int Class)[] own =
            [
                .. marked.Select(o =>
                    (pictures.Map(image, Checked(o, image, objects.Count)), Array.BinarySearch(classes, o.Label, StringComparer.Ordinal))
                ),
            ];
            FloatTensor target = FloatTensor.Zeros(grid.Length);
            grid.Write(own, target.Values);
            prepared.Add((manifest.Prepare(image, invert), target));
            objects.Add(own);
        }

        return new SupportSet(
            Stack(prepared, p => p.Input, "inputs"),
            classes,
            labels: null,
            Stack(prepared, p => p.Target, "targets"),
            pictures.Invert,
            objects
        );
    }

    /// <summary>The targets with the classes in the slots that a learner has them in; an object of a class that it lacks is left out.</summary>
    /// <param name="heads">The learner's heads.</param>
    /// <param name="grid">The grid of a detector; null for other models.</param>
    internal FloatTensor TargetsFor(Heads heads, DetectionGrid? grid)
    {
        if (Objects is null || grid is null)
        {
            return Targets!;
        }

        int[] slots = heads.SlotsOf(this);
        float[] values = new float[Count * grid.Length];
        for (int i = 0; i < Count; i++)
        {
            grid.Write(
                [.. Objects[i].Where(o => slots[o.Class] >= 0).Select(o => (o.Box, slots[o.Class]))],
                values.AsSpan(i * grid.Length, grid.Length)
            );
        }

        return new FloatTensor([Count, grid.Length], values);
    }

    /// <summary>A class of which there is an object and that a learner lacks; null where it has all.</summary>
    internal string? Unknown(Heads heads)
    {
        int[] slots = heads.SlotsOf(this);
        int missing = Objects?.SelectMany(own => own).Select(o => o.Class).FirstOrDefault(c => slots[c] < 0, -1) ?? -1;
        return missing < 0 ? null : Classes[missing];
    }

    private static Box Checked(LabelledBox item, ImageInput image, int example)
    {
        Box box = item.Box;
        return box.Area > 0 && box.Left >= 0 && box.Top >= 0 && box.Right <= image.Width && box.Bottom <= image.Height
            ? box
            : throw new ArgumentException(
                $"Example {example}: '{item.Label}' at {box} is outside its picture of {image.Width}x{image.Height}, or has no area."
            );
    }
}
