using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Files;

namespace Kindling.Tasks.Scenes;

/// <summary>
/// The user's own pictures with boxes as test tasks: an episode learns from some pictures, drawn so that together they show every class, and is judged by others. Where the annotations
/// have parts named <c>train</c> and <c>test</c>, it learns from the one and is judged by the other.
/// </summary>
internal sealed class AnnotatedFamily : ITaskFamily
{
    private const int Tries = 10_000;
    private readonly string _path;
    private readonly DetectionGrid _grid;
    private readonly Picture[] _pictures;
    private readonly string[] _classes;
    private readonly int[] _train;
    private readonly int[] _test;

    private AnnotatedFamily(string path, ImagePreprocessing image, int slots)
    {
        IReadOnlyList<AnnotatedPicture> all = AnnotatedPictures.Read(path);
        _path = path;
        _classes = [.. all.SelectMany(p => p.Objects).Select(o => o.Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (_classes.Length == 0 || _classes.Length > slots)
        {
            throw new BundleException(
                $"'{path}': expected 1 to {slots} classes of objects, as the bundle has slots; got {_classes.Length}: {string.Join(", ", _classes)}."
            );
        }

        _grid = new DetectionGrid(image.Width, image.Height, slots);
        _pictures = new Picture[all.Count];
        ImageFiles.ForEach(all.Count, i => _pictures[i] = Prepare(all[i], image));
        _train = [.. Enumerable.Range(0, all.Count).Where(i => all[i].Part == "train")];
        _test = [.. Enumerable.Range(0, all.Count).Where(i => all[i].Part == "test")];
        InputShape = [image.Channels, image.Height, image.Width];
        Preprocessing = Preprocessing.ForImage(image);
        using ContentHash hash = new();
        foreach (Picture picture in _pictures)
        {
            hash.Add(System.Runtime.InteropServices.MemoryMarshal.AsBytes(picture.Input.AsSpan()));
            hash.Add(System.Runtime.InteropServices.MemoryMarshal.AsBytes(picture.Target.AsSpan()));
        }

        DataHash = hash.Finish();
    }

    public string Name => "pictures with boxes";

    public bool IsClassification => false;

    public IReadOnlyList<int> InputShape { get; }

    public int OutputCount => _grid.Slots;

    public string DataHash { get; }

    public IReadOnlyList<string> Licences => [];

    public Preprocessing Preprocessing { get; }

    /// <summary>Reads annotations, see <see cref="AnnotatedPictures"/>, and all pictures.</summary>
    /// <param name="path">A folder, or the file of annotations.</param>
    /// <param name="image">How pictures are prepared.</param>
    /// <param name="slots">Classes that the model has room for.</param>
    public static AnnotatedFamily ForTest(string path, ImagePreprocessing image, int slots) => new(path, image, slots);

    public Episode Sample(Split split, EpisodeShape shape, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(random);
        shape.ThrowIfInvalid();
        ArgumentOutOfRangeException.ThrowIfNotEqual(shape.Ways, 1, nameof(shape));
        bool parted = _train.Length > 0 && _test.Length > 0;
        int[] from = parted ? _train : [.. Enumerable.Range(0, _pictures.Length)];
        int[] support = Support(from, shape.Shots, random);
        int[] rest = parted ? _test : [.. from.Except(support)];
        if (split != Split.Test || rest.Length < shape.Queries)
        {
            throw new BundleException(
                split != Split.Test
                    ? $"'{_path}' has test tasks alone."
                    : $"'{_path}': {rest.Length} pictures are left to judge by, {shape.Queries} are asked for."
            );
        }

        int[] query = Query(rest, shape.Queries, random);
        return new Episode
        {
            SupportX = Inputs(support),
            SupportY = Targets(support),
            QueryX = Inputs(query),
            QueryY = Targets(query),
        };
    }

    public JointData Joint(Split split) => throw new InvalidOperationException($"'{_path}' has test tasks alone.");

    // drawn again where there is nothing to find
    private int[] Query(int[] rest, int queries, SeededRandom random)
    {
        for (int t = 0; t < Tries; t++)
        {
            int[] chosen = Array.ConvertAll(random.Sample(rest.Length, queries), i => rest[i]);
            if (chosen.Any(i => _pictures[i].Classes.Length > 0))
            {
                return chosen;
            }
        }

        throw new BundleException($"'{_path}': among {rest.Length} pictures to judge by no {queries} were found with an object.");
    }

    // drawn again where a class is missing
    private int[] Support(int[] from, int shots, SeededRandom random)
    {
        if (from.Length < shots)
        {
            throw new BundleException($"'{_path}': {shots} pictures to learn from are asked for, there are {from.Length}.");
        }

        int[] shown = [.. from.SelectMany(i => _pictures[i].Classes).Distinct()];
        if (shown.Length < _classes.Length)
        {
            throw new BundleException(
                $"'{_path}': no picture to learn from shows {string.Join(", ", _classes.Where((_, c) => !shown.Contains(c)))}, which others do."
            );
        }

        for (int t = 0; t < Tries; t++)
        {
            int[] chosen = Array.ConvertAll(random.Sample(from.Length, shots), i => from[i]);
            if (chosen.SelectMany(i => _pictures[i].Classes).Distinct().Count() == _classes.Length)
            {
                return chosen;
            }
        }

        throw new BundleException(
            $"'{_path}': no {shots} pictures were found that show all of {string.Join(", ", _classes)} ({Tries} draws); learn from more."
        );
    }

    private Picture Prepare(AnnotatedPicture picture, ImagePreprocessing preprocessing)
    {
        ImageInput image = ImageFiles.Decode(picture.File);
        (Box Box, int Slot)[] objects =
        [
            .. picture.Objects.Select(o =>
                (preprocessing.Map(image, o.Box), Array.BinarySearch(_classes, o.Label, StringComparer.Ordinal))
            ),
        ];
        float[] target = new float[_grid.Length];
        if (objects.Length > _grid.Rows * _grid.Columns)
        {
            throw new BundleException(
                $"'{picture.File}' has {objects.Length} objects, more than the {_grid.Rows * _grid.Columns} cells that the model divides a picture into."
            );
        }

        _grid.Write(objects, target);
        return new Picture(preprocessing.Apply(image).Values, target, [.. objects.Select(o => o.Slot).Distinct()]);
    }

    private FloatTensor Inputs(int[] chosen) => new([chosen.Length, .. InputShape], [.. chosen.SelectMany(i => _pictures[i].Input)]);

    private FloatTensor Targets(int[] chosen) => new([chosen.Length, _grid.Length], [.. chosen.SelectMany(i => _pictures[i].Target)]);

    private sealed record Picture(float[] Input, float[] Target, int[] Classes);
}
