using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Families;

/// <summary>
/// Procedural characters: class n is a set of strokes drawn from (seed, n), an example of it the same strokes with a shaky
/// hand. No download, and any number of classes.
/// </summary>
internal static class GlyphFamily
{
    /// <summary>Examples of each class.</summary>
    public const int Examples = 20;

    private const string Name = "glyphs";
    private const int DefaultTrain = 1000;
    private const int DefaultValidation = 100;
    private const int DefaultTest = 200;

    /// <summary>Classes for training, validation and test.</summary>
    public static int[] Counts(TaskSpec spec) =>
        [spec.TrainClasses ?? DefaultTrain, spec.ValidationClasses ?? DefaultValidation, spec.TestClasses ?? DefaultTest];

    public static ClassFamily Load(TaskSpec spec)
    {
        int size = spec.Size ?? ImagePreprocessing.DefaultSize;
        int[] counts = Counts(spec);
        int total = counts.Sum();
        ImagePreprocessing preprocessing = new() { Width = size, Height = size };
        byte[] pixels = ImageBank.Room(
            $"{Name}: {total} classes of {Examples} pictures of {size}x{size}",
            (long)total * Examples,
            size * size
        );
        ImageFiles.ForEach(
            total,
            n => Draw(spec.Seed, n, preprocessing, pixels.AsSpan(n * Examples * size * size, Examples * size * size))
        );
        using ContentHash hash = new();
        hash.Add(pixels);
        return new ClassFamily(Name, new ImageBank(pixels, 1, size, size), Deal(counts, spec.Rotations ?? false), spec)
        {
            DataHash = hash.Finish(),
            Licences = [],
            Preprocessing = Preprocessing.ForImage(preprocessing.WithInvert(spec.Invert ?? ImageInversion.Auto)),
        };
    }

    private static ItemClass[][] Deal(int[] counts, bool rotations)
    {
        ItemClass[][] classes = new ItemClass[counts.Length][];
        int next = 0;
        for (int s = 0; s < counts.Length; s++)
        {
            ItemClass[] own = [.. Enumerable.Range(next, counts[s]).Select(n => new ItemClass($"glyph{n:0000}", n * Examples, Examples))];
            classes[s] = rotations ? ItemClass.WithRotations(own) : own;
            next += counts[s];
        }

        return classes;
    }

    /// <summary>Draws all examples of a class and prepares them as an app prepares its pictures.</summary>
    private static void Draw(ulong seed, int number, ImagePreprocessing preprocessing, Span<byte> pixels)
    {
        Glyph glyph = Glyph.Create(new SeededRandom(seed, (ulong)number));
        ImagePreprocessing known = preprocessing.WithInvert(ImageInversion.No);
        int size = preprocessing.Width;
        byte[] canvas = new byte[size * size];
        float[] values = new float[size * size];
        for (int e = 0; e < Examples; e++)
        {
            glyph.Draw(new SeededRandom(seed, (ulong)number, (ulong)e + 1), canvas, size);
            known.Apply(ImageInput.FromGrey(canvas, size, size), values);
            ImageBank.Quantise(values, pixels.Slice(e * values.Length, values.Length));
        }
    }
}
