using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks.Scenes;

/// <summary>
/// Detection in generated scenes: an episode has some classes that are new, its support set scenes that show each of them once (or, where scenes are dense, once and others with it), its
/// query set scenes of one object and more of any of these classes. Targets are those of <see cref="DetectionGrid"/>.
/// </summary>
internal sealed class SceneFamily : ITaskFamily
{
    private const int Tries = 30;
    private const float Smaller = 0.9f;
    private const float Noise = 0.04f;
    private readonly ISceneObjects _objects;
    private readonly DetectionGrid _grid;
    private readonly int _size;
    private readonly int _most;

    private SceneFamily(string name, TaskSpec spec, ISceneObjects objects, string dataHash, IReadOnlyList<string> licences)
    {
        Name = name;
        _objects = objects;
        _size = spec.Size ?? DefaultSize;
        _most = spec.Objects ?? objects.MostObjects;
        _grid = new DetectionGrid(_size, _size, spec.Ways);
        using ContentHash hash = new();
        hash.Add($"{name} 1: {dataHash}, {_size}, {_most}");
        DataHash = hash.Finish();
        Licences = licences;
        InputShape = [objects.Channels, _size, _size];
        Preprocessing = Preprocessing.ForImage(
            new ImagePreprocessing
            {
                Width = _size,
                Height = _size,
                Channels = objects.Channels,
                Invert = spec.Invert ?? ImageInversion.No,
                Contrast = ImageContrast.None,
            }
        );
        foreach (Split split in Enum.GetValues<Split>())
        {
            if (objects.Count(split) < spec.Ways)
            {
                throw new BundleException(
                    $"{name}: the {Words.Of(split)} split has {objects.Count(split)} classes, but an episode needs {spec.Ways}."
                );
            }
        }
    }

    /// <summary>Width and height of scenes unless a recipe says otherwise.</summary>
    public const int DefaultSize = 64;

    public string Name { get; }

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape { get; }

    public int OutputCount => _grid.Slots;

    public string DataHash { get; }

    public IReadOnlyList<string> Licences { get; }

    public Preprocessing Preprocessing { get; }

    /// <summary>Scenes of procedural characters.</summary>
    public static SceneFamily OfGlyphs(TaskSpec spec)
    {
        ClassFamily glyphs = GlyphFamily.Load(Characters(spec));
        return new SceneFamily("scenes", spec, new PictureObjects(glyphs), glyphs.DataHash, glyphs.Licences);
    }

    /// <summary>Scenes of Omniglot's characters.</summary>
    public static SceneFamily OfOmniglot(TaskSpec spec, string dataRoot)
    {
        ClassFamily omniglot = OmniglotFamily.Load(Characters(spec), dataRoot);
        return new SceneFamily("omniglot-scenes", spec, new PictureObjects(omniglot), omniglot.DataHash, omniglot.Licences);
    }

    /// <summary>Scenes like those under a microscope.</summary>
    public static SceneFamily OfCells(TaskSpec spec)
    {
        int[] counts = GlyphFamily.Counts(spec);
        return new SceneFamily("cells", spec, new CellObjects(spec.Seed, counts), $"{spec.Seed}, {string.Join(", ", counts)}", []);
    }

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        ArgumentOutOfRangeException.ThrowIfNotEqual(shape.Ways, 1, nameof(shape));
        int[] classes = random.Sample(_objects.Count(split), _grid.Slots);

        // some classes are more frequent than others
        double[] weights = [.. classes.Select(_ => _objects.IsDense ? 0.1 + random.NextDouble() : 1)];

        // what is learned from and what it is judged by are different drawings: of each class now this half and now that
        int half = classes.Sum() % 2;
        (FloatTensor supportX, FloatTensor supportY) = Draw(shape.Shots, isSupport: true);
        (FloatTensor queryX, FloatTensor queryY) = Draw(shape.Queries, isSupport: false);
        return new Episode
        {
            SupportX = supportX,
            SupportY = supportY,
            QueryX = queryX,
            QueryY = queryY,
        };

        (FloatTensor X, FloatTensor Y) Draw(int count, bool isSupport)
        {
            FloatTensor x = FloatTensor.Zeros([count, .. InputShape]);
            FloatTensor y = FloatTensor.Zeros(count, _grid.Length);
            int pixels = x.Count / count;
            for (int i = 0; i < count; i++)
            {
                List<(int Class, int Slot)> shown = isSupport ? [.. classes.Select((c, slot) => (c, slot))] : [];
                int all = isSupport && !_objects.IsDense ? shown.Count : Math.Max(shown.Count, 1 + random.NextInt(_most));
                while (shown.Count < all)
                {
                    int slot = Choose(weights, random);
                    shown.Add((classes[slot], slot));
                }

                Span<float> picture = x.Values.AsSpan(i * pixels, pixels);
                Compose(split, shown, isSupport ? half : 1 - half, _grid, picture, y.Values.AsSpan(i * _grid.Length, _grid.Length), random);
            }

            return (x, y);
        }
    }

    public JointData Joint(Split split) => new Pooled(this, split);

    // 28 x 28 as the scenes' are drawn from, whatever the scenes' size
    private static TaskSpec Characters(TaskSpec spec) =>
        new()
        {
            Type = spec.Type,
            Ways = spec.Ways,
            Source = spec.Source,
            Seed = spec.Seed,
            Rotations = spec.Rotations,
            TrainClasses = spec.TrainClasses,
            ValidationClasses = spec.ValidationClasses,
            TestClasses = spec.TestClasses,
        };

    private static int Choose(double[] weights, SeededRandom random)
    {
        double left = random.NextDouble() * weights.Sum();
        int slot = 0;
        while (slot < weights.Length - 1 && left >= weights[slot])
        {
            left -= weights[slot++];
        }

        return slot;
    }

    /// <summary>
    /// Draws a scene of objects, at places where they overlap no more than they may. The first ones, as many as there are classes in an episode, are in it in any case, smaller where
    /// they must be; others not where there is no such place.
    /// </summary>
    private void Compose(
        Split split,
        IReadOnlyList<(int Class, int Slot)> shown,
        int? half,
        DetectionGrid grid,
        Span<float> x,
        Span<float> y,
        SeededRandom random
    )
    {
        SceneCanvas canvas = new(_objects.Channels, _size);
        _objects.Ground(split, canvas, random);
        List<(Box Box, int Slot)> objects = [];
        foreach ((Box square, int number, int slot) in Layout(split, shown, random))
        {
            Box box = _objects.Draw(split, number, half, canvas, square, random);
            if (box.Area > 0)
            {
                objects.Add((box, slot));
            }
        }

        grid.Write(objects, y);
        canvas.CopyTo(x, random, Noise);
    }

    private List<(Box Square, int Number, int Slot)> Layout(Split split, IReadOnlyList<(int Class, int Slot)> shown, SeededRandom random)
    {
        int needed = Math.Min(shown.Count, _grid.Slots);
        float scale = 1;
        while (true)
        {
            List<(Box Square, int Number, int Slot)> placed = [];
            foreach (((int number, int slot), int i) in shown.Select((item, i) => (item, i)))
            {
                float side = Math.Min(scale * _objects.Side(split, number, random), 1) * _size;
                if (Place(side, [.. placed.Select(p => p.Square)], random) is { } square)
                {
                    placed.Add((square, number, slot));
                }
                else if (i < needed)
                {
                    break;
                }
            }

            if (placed.Count >= needed)
            {
                return placed;
            }

            scale *= Smaller;
        }
    }

    private Box? Place(float side, List<Box> taken, SeededRandom random)
    {
        for (int t = 0; t < Tries; t++)
        {
            (float left, float top) = (random.NextSingle(0, _size - side), random.NextSingle(0, _size - side));
            Box square = new(left, top, left + side, top + side);
            if (taken.TrueForAll(other => other.IntersectionOverUnion(square) <= _objects.MostOverlap))
            {
                return square;
            }
        }

        return null;
    }

    /// <summary>Scenes of any classes of a split, each with a slot of its own.</summary>
    private sealed class Pooled(SceneFamily family, Split split) : JointData
    {
        private readonly DetectionGrid _grid = new(family._size, family._size, family._objects.Count(split));

        public override int ClassCount => _grid.Slots;

        public override int? TargetLength => _grid.Length;

        public override void Sample(SeededRandom random, Span<float> x, Span<float> y)
        {
            ArgumentNullException.ThrowIfNull(random);
            (int, int)[] shown =
            [
                .. Enumerable
                    .Range(0, 1 + random.NextInt(family._most))
                    .Select(_ => random.NextInt(_grid.Slots))
                    .Select(number => (number, number)),
            ];
            family.Compose(split, shown, half: null, _grid, x, y, random);
        }
    }
}
