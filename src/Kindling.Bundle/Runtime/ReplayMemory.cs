using System.Globalization;

namespace Kindling.Bundles;

/// <summary>
/// A bounded memory of labelled examples, for learners that get new ones over days: adapt to all of them from the meta-initialisation, and what was learnt
/// first is not forgotten. Opt-in: nothing keeps examples unless an app makes one of these, and <see cref="Erase"/> takes them off the disk.
/// </summary>
/// <remarks>
/// When it is full, the class with the most examples loses its oldest one (regression: the oldest of all), so that rare classes stay and drifting ones are
/// followed. Not thread-safe. The file holds the examples themselves: treat it as you treat them.
/// </remarks>
public sealed class ReplayMemory
{
    /// <summary>Most examples that a memory may hold.</summary>
    public const int MaximumCapacity = 1_000_000;

    private static readonly SealedFormat Format = new("kindling-memory", 1, "a replay memory");

    /// <summary>The oldest first.</summary>
    private readonly List<Entry> _entries = [];

    private ImageInversion? _invert;

    /// <summary>An empty memory.</summary>
    /// <param name="capacity">Most examples, of all classes together.</param>
    public ReplayMemory(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaximumCapacity);
        Capacity = capacity;
    }

    /// <summary>Most examples.</summary>
    public int Capacity { get; }

    /// <summary>Examples in memory.</summary>
    public int Count => _entries.Count;

    /// <summary>Names of the classes that have examples, in the order in which they came; empty for regression.</summary>
    public IReadOnlyList<string> Classes => [.. _entries.Select(entry => entry.Label).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>Opens a file.</summary>
    /// <exception cref="BundleException">Nothing is there, it is damaged, of a newer format, or not a replay memory.</exception>
    public static ReplayMemory Open(string path)
    {
        SealedFile file = SealedFile.Read(path, Format);
        int capacity = file.Number("capacity");
        if (capacity is < 1 or > MaximumCapacity)
        {
            throw new BundleException($"{path}: expected a capacity of 1 to {MaximumCapacity}, got {capacity}.");
        }

        ReplayMemory memory = new(capacity) { _invert = file.Invert() };
        if (!file.Tensors.TryGetValue("inputs", out FloatTensor? inputs))
        {
            return memory;
        }

        string[] classes = file.Names("classes");
        if (!file.Tensors.TryGetValue(classes.Length > 0 ? "labels" : "targets", out FloatTensor? answers))
        {
            throw new BundleException($"{path}: the examples have no labels.");
        }

        try
        {
            memory.Add(
                classes.Length > 0
                    ? SupportSet.FromTensors(inputs, [.. answers.Values.Select(label => (int)label)], classes)
                    : SupportSet.FromTargets(inputs, answers)
            );
        }
        catch (ArgumentException e)
        {
            throw new BundleException($"{path}: {e.Message}", e);
        }

        return memory;
    }

    /// <summary>Overwrites a file, and what killed saves left beside it, with zeros and removes them; nothing happens where there is none.</summary>
    /// <remarks>
    /// A save replaces the file: what earlier saves wrote is free to be used by others, but not overwritten. A file system with a journal or copies on write,
    /// and flash memory, can keep old blocks too: only encryption makes such data unreadable. Learners that were fitted to the examples, and their
    /// delta files, are not touched.
    /// </remarks>
    public static void Erase(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        foreach (string file in (string[])[path, .. AtomicFile.Temporaries(path)])
        {
            if (File.Exists(file))
            {
                Overwrite(file);
                File.Delete(file);
            }
        }
    }

    /// <summary>Adds examples, the first of them as the oldest.</summary>
    /// <exception cref="ArgumentException">They are not like those in memory: numbers instead of classes, another shape, another inversion of pictures; or pictures with objects, which a memory does not keep.</exception>
    public void Add(SupportSet examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        if (examples.Objects is not null)
        {
            throw new ArgumentException(
                "A replay memory keeps no pictures with objects: keep the pictures and their boxes instead.",
                nameof(examples)
            );
        }

        int length = examples.Inputs.Count / examples.Count;
        int[] shape = [.. examples.Inputs.Shape.Skip(1)];
        int[]? targets = examples.Targets is { } all ? [.. all.Shape.Skip(1)] : null;
        if (_entries.Count > 0)
        {
            RequireAlike(examples, shape, targets);
        }

        _invert = examples.Invert ?? _invert;
        for (int i = 0; i < examples.Count; i++)
        {
            FloatTensor input = new(shape, examples.Inputs.Values[(i * length)..((i + 1) * length)]);
            if (examples.Labels is { } labels)
            {
                _entries.Add(new Entry(input, examples.Classes[labels[i]], Target: null));
            }
            else
            {
                int outputs = examples.Targets!.Count / examples.Count;
                FloatTensor target = new(targets!, examples.Targets.Values[(i * outputs)..((i + 1) * outputs)]);
                _entries.Add(new Entry(input, Label: null, target));
            }

            if (_entries.Count > Capacity)
            {
                DropOne();
            }
        }
    }

    /// <summary>Forgets the examples of a class.</summary>
    /// <returns>How many there were.</returns>
    public int Forget(string className) => _entries.RemoveAll(entry => entry.Label == className);

    /// <summary>Forgets everything; the file, if any, stays until it is saved again or erased.</summary>
    public void Clear() => _entries.Clear();

    /// <summary>All examples as a support set.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public SupportSet ToSupportSet()
    {
        if (_entries.Count == 0)
        {
            throw new InvalidOperationException("The replay memory is empty.");
        }

        FloatTensor inputs = SupportSet.Stack(_entries, entry => entry.Input, "inputs");
        if (_entries[0].Label is null)
        {
            return SupportSet.FromTargets(inputs, SupportSet.Stack(_entries, entry => entry.Target!, "targets"));
        }

        string[] classes = [.. Classes];
        return SupportSet
            .FromTensors(inputs, [.. _entries.Select(entry => Array.IndexOf(classes, entry.Label))], classes)
            .WithInversion(_invert);
    }

    /// <summary>Writes the memory to a file, atomically.</summary>
    public void Save(string path)
    {
        Dictionary<string, string> metadata = new()
        {
            ["capacity"] = Capacity.ToString(CultureInfo.InvariantCulture),
            ["classes"] = SealedFile.Join(Classes),
        };
        Dictionary<string, FloatTensor> tensors = [];
        if (_entries.Count > 0)
        {
            SupportSet set = ToSupportSet();
            tensors["inputs"] = set.Inputs;
            if (set.Labels is { } labels)
            {
                tensors["labels"] = new FloatTensor([labels.Count], [.. labels.Select(label => (float)label)]);
            }
            else
            {
                tensors["targets"] = set.Targets!;
            }
        }

        SealedFile.Write(path, Format, tensors, metadata, _invert);
    }

    private static void Overwrite(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.None);
        byte[] zeros = new byte[81920];
        for (long left = stream.Length; left > 0; left -= zeros.Length)
        {
            stream.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
        }

        stream.Flush(flushToDisk: true);
    }

    private void RequireAlike(SupportSet examples, int[] shape, int[]? targets)
    {
        Entry first = _entries[0];
        if (examples.Labels is null != first.Label is null)
        {
            throw new ArgumentException(
                first.Label is null
                    ? "The memory holds points of a function, the examples have class names."
                    : "The memory holds examples of classes, these have targets.",
                nameof(examples)
            );
        }

        if (!first.Input.Shape.SequenceEqual(shape) || !(first.Target?.Shape ?? []).SequenceEqual(targets ?? []))
        {
            throw new ArgumentException(
                $"The memory holds inputs of shape [{string.Join(", ", first.Input.Shape)}], these have [{string.Join(", ", shape)}].",
                nameof(examples)
            );
        }

        if (examples.Invert is { } invert && _invert is { } present && invert != present)
        {
            throw new ArgumentException(
                $"The memory holds pictures inverted '{present}', these were inverted '{invert}'.",
                nameof(examples)
            );
        }
    }

    /// <summary>The class with the most examples, of several the one whose last came first, loses its oldest one.</summary>
    private void DropOne()
    {
        string? label = _entries.GroupBy(entry => entry.Label, StringComparer.Ordinal).MaxBy(group => group.Count())!.Key;
        _entries.RemoveAt(_entries.FindIndex(entry => entry.Label == label));
    }

    private sealed record Entry(FloatTensor Input, string? Label, FloatTensor? Target);
}
