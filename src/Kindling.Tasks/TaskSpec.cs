using System.Globalization;
using System.Text.Json.Serialization;
using Kindling.Bundles;
using Kindling.Tasks.Families;

namespace Kindling.Tasks;

/// <summary>The <c>tasks</c> object of a recipe: which tasks there are and how large an episode is.</summary>
public sealed class TaskSpec
{
    /// <summary>The default of <see cref="Ways"/>, <see cref="Shots"/> and <see cref="Queries"/>.</summary>
    public const int DefaultCount = 1;

    /// <summary>The default of <see cref="ValidationFraction"/>.</summary>
    public const double DefaultValidationFraction = 0.2;

    /// <summary>The largest number of classes, shots and queries.</summary>
    public const int MaximumCount = 100_000;

    /// <summary><see cref="Within"/>: all classes of an episode come from one alphabet.</summary>
    public const string WithinAlphabet = "alphabet";

    /// <summary><see cref="Within"/>: all classes of an episode come from one domain.</summary>
    public const string WithinDomain = "domain";

    /// <summary><see cref="Split"/>: that of Vinyals et al. 2016, which takes alphabets of both of Omniglot's sets for training.</summary>
    public const string VinyalsSplit = "vinyals";

    /// <summary>
    /// <see cref="Split"/>: that of Lake et al. 2015: the 20 alphabets of the evaluation set for test, of the 30 of the background set the last 5 in
    /// ordinal order for validation and the others for training.
    /// </summary>
    public const string LakeSplit = "lake";

    /// <summary>Alphabets for training in <see cref="LakeSplit"/>, the most that <see cref="Alphabets"/> can ask for.</summary>
    public const int LakeAlphabets = 25;

    /// <summary>The family: one of <see cref="TaskFamilies.Types"/>.</summary>
    public string Type { get; init; } = "";

    /// <summary>Classes in an episode; 1 (the default) for regression.</summary>
    public int Ways { get; init; } = DefaultCount;

    /// <summary>Support examples a class (points for regression); 1 by default.</summary>
    public int Shots { get; init; } = DefaultCount;

    /// <summary>Query examples a class (points for regression); 1 by default.</summary>
    public int Queries { get; init; } = DefaultCount;

    /// <summary>
    /// Where the data are: for <c>images</c> a folder of class folders, for <c>table</c> a CSV file, for <c>texts</c> either, for a set with a usual folder,
    /// as <c>omniglot</c>, another one; below the data root, else as it stands.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Shape of one input (<c>noise</c> only), which comes as a row of as many numbers.</summary>
    public IReadOnlyList<int>? Shape { get; init; }

    /// <summary>Numbers in a target (<c>noise</c> with one way only); 1 by default.</summary>
    public int? Outputs { get; init; }

    /// <summary>Width and height of pictures after preprocessing; 28 by default.</summary>
    public int? Size { get; init; }

    /// <summary>Channels of pictures after preprocessing (<c>images</c> only): 1 (the default) or 3.</summary>
    public int? Channels { get; init; }

    /// <summary>Whether pictures are inverted; <c>auto</c> by default, for 3 channels <c>no</c>.</summary>
    public ImageInversion? Invert { get; init; }

    /// <summary>Whether rotations by 90, 180 and 270 degrees are classes of their own; by default for <c>omniglot</c> only.</summary>
    public bool? Rotations { get; init; }

    /// <summary>Whether the mirrored pictures of training classes are training classes of their own; not by default.</summary>
    public bool? Mirrors { get; init; }

    /// <summary>
    /// Most that a training class is turned, stretched and sheared, the same in all its pictures for the length of an episode: the largest change of
    /// an entry of the map's matrix, at most 0.5; 0 by default.
    /// </summary>
    public double? WarpClasses { get; init; }

    /// <summary>Likewise for each training picture; at most 0.5, 0 by default.</summary>
    public double? WarpItems { get; init; }

    /// <summary>Most pixels that each training picture is shifted by in either direction; 0 by default.</summary>
    public double? ShiftItems { get; init; }

    /// <summary>
    /// Seed of generated classes (<c>glyphs</c>), of the split of classes (<c>images</c>, <c>table</c>) and of the choice of alphabets
    /// (<c>omniglot</c>); 0 by default.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>Classes for training (<c>glyphs</c> only); 1000 by default.</summary>
    public int? TrainClasses { get; init; }

    /// <summary>
    /// Classes (tasks of a regression table) for validation: 100 for <c>glyphs</c>; else by
    /// <see cref="ValidationFraction"/>, but not fewer than an episode needs.
    /// </summary>
    public int? ValidationClasses { get; init; }

    /// <summary>
    /// Share of the classes (tasks of a regression table) for validation, and the same share for test, where
    /// <see cref="ValidationClasses"/> and <see cref="TestClasses"/> give no numbers (<c>images</c>, <c>table</c>); 0.2 by default.
    /// </summary>
    public double? ValidationFraction { get; init; }

    /// <summary>Classes (tasks of a regression table) for test: 200 for <c>glyphs</c>, else as for validation.</summary>
    public int? TestClasses { get; init; }

    /// <summary>
    /// What the classes of an episode have in common: for <c>omniglot</c> <see cref="WithinAlphabet"/>, chosen uniformly among those with enough
    /// characters in the split, all in one rotation and either all mirrored or none; for <c>clinc150</c> <see cref="WithinDomain"/>; nothing by default.
    /// </summary>
    public string? Within { get; init; }

    /// <summary>How characters are split (<c>omniglot</c> only): <see cref="VinyalsSplit"/> (the default) or <see cref="LakeSplit"/>.</summary>
    public string? Split { get; init; }

    /// <summary>
    /// Only so many alphabets for training (<see cref="LakeSplit"/> only): the first of an order that <see cref="Seed"/> gives, with <see cref="Within"/>
    /// of those with at least <see cref="Ways"/> characters. All by default.
    /// </summary>
    public int? Alphabets { get; init; }

    /// <summary>What texts are cut into; bytes by default.</summary>
    public TextUnits? Units { get; init; }

    /// <summary>Bytes, or words, of a text that the model reads; 128 by default. Of languages positions of a window; 160 by default.</summary>
    public int? Length { get; init; }

    /// <summary>Positions of a window that only show what stands before its targets (languages only); 32 by default.</summary>
    public int? Context { get; init; }

    /// <summary>Whether capital letters of texts become small ones; by default they do.</summary>
    public bool? LowerCase { get; init; }

    /// <summary>Codes of words and their pieces; 8192 by default.</summary>
    public int? Buckets { get; init; }

    /// <summary>Most pieces of a word, itself included; 8 by default.</summary>
    public int? Pieces { get; init; }

    /// <summary>Probability that a word of a training text is left out; below 1, 0 by default.</summary>
    public double? DropWords { get; init; }

    /// <summary>
    /// Probability that a piece of a word has another code for the length of a training episode, the same in all its texts, so that training has words that it
    /// never saw, as a new domain has (<see cref="TextUnits.Words"/> only); below 1, 0 by default.
    /// </summary>
    public double? RenamePieces { get; init; }

    /// <summary>Numbers of bytes whose earlier occurrences a position shows, to be copied from (languages only); none by default.</summary>
    public IReadOnlyList<int>? Orders { get; init; }

    /// <summary>
    /// Probability that a training language is written in another alphabet for the length of an episode: its letters, and the bytes beyond ASCII, change places among
    /// themselves, so that what was learned by heart says nothing (languages only); below 1, 0 by default.
    /// </summary>
    public double? RenameLetters { get; init; }

    /// <summary>Codes that texts consist of, that of padding included; null where the inputs are no texts.</summary>
    [JsonIgnore]
    public int? CodeCount =>
        TaskFamilies.Find(Type) switch
        {
            { HasTexts: true } => TextFamily.PreprocessingOf(this).CodeCount,
            { HasLanguages: true } => LanguagePreprocessing.CodeCount,
            _ => null,
        };

    /// <summary>Whether the tasks are languages, for networks that score codes.</summary>
    [JsonIgnore]
    public bool HasLanguages => TaskFamilies.Find(Type)?.HasLanguages == true;

    /// <summary>The size of an episode.</summary>
    public EpisodeShape ToShape() => new(Ways, Shots, Queries);

    /// <summary>All faults at once, empty when there are none. Does not look at data.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        TaskFamilies.Row? row = TaskFamilies.Find(Type);
        if (row is null)
        {
            faults.Add($"tasks.type must be one of {string.Join(", ", TaskFamilies.Types)}, got '{Type}'.");
        }

        CheckCounts(faults, row);
        CheckOnly(faults, row, "source", Source is not null, r => r.Source != SourceUse.None);
        CheckOnly(faults, row, "shape", Shape is not null, r => r.IsNoise);
        CheckOnly(faults, row, "outputs", Outputs is not null, r => r.IsNoise && Ways == 1);
        if (
            row?.IsNoise == true
            && (
                Shape is not { Count: > 0 } sizes
                || sizes.Any(s => s < 1)
                || sizes.Aggregate(1.0, (a, b) => a * b) > NoiseFamily.MostNumbers
            )
        )
        {
            faults.Add(
                $"tasks.shape must have positive sizes, at most {NoiseFamily.MostNumbers} numbers in all, got [{string.Join(", ", Shape ?? [])}]."
            );
        }

        if (Outputs is < 1 or > MaximumCount)
        {
            faults.Add($"tasks.outputs must be between 1 and {MaximumCount}, got {Outputs}.");
        }

        CheckOnly(faults, row, "size", Size is not null, r => r.HasImages);
        CheckOnly(faults, row, "channels", Channels is not null, r => r.HasChannels);
        CheckOnly(faults, row, "invert", Invert is not null, r => r.HasImages);
        CheckOnly(faults, row, "rotations", Rotations is not null, r => r.HasImages);
        CheckOnly(faults, row, "mirrors", Mirrors is not null, r => r.HasImages);
        CheckOnly(faults, row, "warpClasses", WarpClasses is not null, r => r.HasImages);
        CheckOnly(faults, row, "warpItems", WarpItems is not null, r => r.HasImages);
        CheckOnly(faults, row, "shiftItems", ShiftItems is not null, r => r.HasImages);
        CheckOnly(faults, row, "trainClasses", TrainClasses is not null, r => r.HasGeneratedClasses);
        CheckOnly(faults, row, "validationClasses", ValidationClasses is not null, r => r.HasOwnSplit);
        CheckOnly(faults, row, "testClasses", TestClasses is not null, r => r.HasOwnSplit);
        CheckOnly(faults, row, "validationFraction", ValidationFraction is not null, r => r.HasOwnSplit && !r.HasGeneratedClasses);
        CheckOnly(faults, row, "within", Within is not null, r => r.Within is not null);
        CheckOnly(faults, row, "split", Split is not null, r => r.HasAlphabets);
        CheckOnly(faults, row, "alphabets", Alphabets is not null, r => r.HasAlphabets);
        CheckOnly(faults, row, "units", Units is not null, r => r.HasTexts);
        CheckOnly(faults, row, "length", Length is not null, r => r.HasTexts || r.HasLanguages);
        CheckOnly(faults, row, "context", Context is not null, r => r.HasLanguages);
        CheckOnly(faults, row, "orders", Orders is not null, r => r.HasLanguages);
        CheckOnly(faults, row, "renameLetters", RenameLetters is not null, r => r.HasLanguages);
        CheckOnly(faults, row, "lowerCase", LowerCase is not null, r => r.HasTexts);
        CheckOnly(faults, row, "buckets", Buckets is not null, r => r.HasTexts);
        CheckOnly(faults, row, "pieces", Pieces is not null, r => r.HasTexts);
        CheckOnly(faults, row, "dropWords", DropWords is not null, r => r.HasTexts);
        CheckOnly(faults, row, "renamePieces", RenamePieces is not null, r => r.HasTexts);
        if (row?.Source == SourceUse.Required && string.IsNullOrWhiteSpace(Source))
        {
            faults.Add($"tasks.source must name the data of '{Type}'.");
        }

        CheckValues(faults);
        CheckAlphabets(faults, row);
        CheckTexts(faults, row);
        return faults;
    }

    private void CheckCounts(List<string> faults, TaskFamilies.Row? row)
    {
        if (row?.Kind == TaskKind.Regression && Ways != 1)
        {
            faults.Add($"tasks.ways must be 1 for '{Type}', a regression, got {Ways}.");
        }
        else if (row?.Kind == TaskKind.Classification && Ways < 2)
        {
            faults.Add($"tasks.ways must be at least 2 for '{Type}', a classification, got {Ways}.");
        }
        else if (Ways < 1)
        {
            faults.Add($"tasks.ways must be at least 1, got {Ways}.");
        }

        AtLeast(faults, "shots", Shots, 1);
        AtLeast(faults, "queries", Queries, 1);
    }

    private void CheckValues(List<string> faults)
    {
        if (Size is < 4 or > 512)
        {
            faults.Add($"tasks.size must be between 4 and 512, got {Size}.");
        }

        if (Channels is not (null or 1 or 3))
        {
            faults.Add($"tasks.channels must be 1 or 3, got {Channels}.");
        }

        if (ValidationFraction is { } fraction && !(fraction > 0 && fraction < 0.5))
        {
            faults.Add(
                string.Create(CultureInfo.InvariantCulture, $"tasks.validationFraction must be above 0 and below 0.5, got {fraction}.")
            );
        }

        Between(faults, "warpClasses", WarpClasses, 0.5);
        Between(faults, "warpItems", WarpItems, 0.5);
        Between(faults, "shiftItems", ShiftItems, (Size ?? ImagePreprocessing.DefaultSize) / 2.0);
        AtMost(faults, "ways", Ways);
        AtMost(faults, "shots", Shots);
        AtMost(faults, "queries", Queries);
        AtMost(faults, "trainClasses", TrainClasses);
        AtMost(faults, "validationClasses", ValidationClasses);
        AtMost(faults, "testClasses", TestClasses);
        AtLeast(faults, "trainClasses", TrainClasses, Ways);
        AtLeast(faults, "validationClasses", ValidationClasses, Ways);
        AtLeast(faults, "testClasses", TestClasses, Ways);
    }

    private void CheckTexts(List<string> faults, TaskFamilies.Row? row)
    {
        IReadOnlyList<string> own =
            row?.HasLanguages == true ? LanguageFamily.PreprocessingOf(this).Validate() : TextFamily.PreprocessingOf(this).Validate();
        faults.AddRange(own.Select(fault => "tasks." + fault));
        if (Units != TextUnits.Words && (Buckets ?? Pieces ?? RenamePieces) is not null)
        {
            faults.Add("tasks.buckets, pieces and renamePieces are for words: tasks.units must be words.");
        }

        foreach (
            (string name, double? value) in new[]
            {
                ("dropWords", DropWords),
                ("renamePieces", RenamePieces),
                ("renameLetters", RenameLetters),
            }
        )
        {
            if (value is { } rate && !(rate >= 0 && rate < 1))
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"tasks.{name} must be at least 0 and below 1, got {rate}."));
            }
        }
    }

    private void CheckAlphabets(List<string> faults, TaskFamilies.Row? row)
    {
        if (Within is not null && row?.Within is { } common && Within != common)
        {
            faults.Add($"tasks.within must be {common}, got '{Within}'.");
        }

        if (Split is not (null or VinyalsSplit or LakeSplit))
        {
            faults.Add($"tasks.split must be {VinyalsSplit} or {LakeSplit}, got '{Split}'.");
        }

        if (Alphabets is not null && Split != LakeSplit)
        {
            faults.Add($"tasks.alphabets needs tasks.split {LakeSplit}, got {Split ?? VinyalsSplit}.");
        }

        if (Alphabets is < 1 or > LakeAlphabets)
        {
            faults.Add($"tasks.alphabets must be between 1 and {LakeAlphabets}, got {Alphabets}.");
        }
    }

    private static void AtLeast(List<string> faults, string name, int? value, int least)
    {
        if (value < least)
        {
            faults.Add($"tasks.{name} must be at least {least}, got {value}.");
        }
    }

    private static void Between(List<string> faults, string name, double? value, double most)
    {
        if (value is { } v && !(v >= 0 && v <= most))
        {
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"tasks.{name} must be between 0 and {most}, got {v}."));
        }
    }

    private static void AtMost(List<string> faults, string name, int? value)
    {
        if (value > MaximumCount)
        {
            faults.Add($"tasks.{name} must be at most {MaximumCount}, got {value}.");
        }
    }

    private static void CheckOnly(List<string> faults, TaskFamilies.Row? row, string name, bool given, Func<TaskFamilies.Row, bool> applies)
    {
        if (given && row is not null && !applies(row))
        {
            faults.Add($"tasks.{name} does not apply to '{row.Type}'.");
        }
    }
}
