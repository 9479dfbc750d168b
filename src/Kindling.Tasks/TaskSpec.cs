using System.Text.Json.Serialization;
using Kindling.Bundles;

namespace Kindling.Tasks;

/// <summary>The <c>tasks</c> object of a recipe: which tasks there are and how large an episode is.</summary>
public sealed partial class TaskSpec
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
    /// Where the data are: for <c>images</c> and <c>recordings</c> a folder of class folders, for <c>table</c> a CSV file, for <c>texts</c> either, for a set with a usual folder,
    /// as <c>omniglot</c>, another one; below the data root, else as it stands.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Shape of one input (<c>noise</c> only), which comes as a row of as many numbers.</summary>
    public IReadOnlyList<int>? Shape { get; init; }

    /// <summary>Numbers in a target (<c>noise</c> with one way only); 1 by default.</summary>
    public int? Outputs { get; init; }

    /// <summary>Width and height of pictures after preprocessing; 28 by default, of scenes 64.</summary>
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
    /// Whether the support set takes the classes in turn (first examples, second examples, ...) instead of one after the other, so that parts of it that are learned from
    /// one by one have several (pictures, texts and recordings); not by default.
    /// </summary>
    public bool? Interleave { get; init; }

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
    /// Seed of generated classes (<c>glyphs</c>), of the split of classes (<c>images</c>, <c>table</c>, <c>texts</c>, <c>recordings</c>) and of the choice of alphabets
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

    /// <summary>Times of spectrograms, 10 ms apart; 76 by default.</summary>
    public int? Frames { get; init; }

    /// <summary>Frequencies of spectrograms, from 60 to 3800 Hz; 32 by default.</summary>
    public int? Mels { get; init; }

    /// <summary>Which of the set's fixed splits (<c>fsdd</c> only: the number of the speaker for test, from 0 to 4); 0 by default.</summary>
    public int? Fold { get; init; }

    /// <summary>Numbers of bytes whose earlier occurrences a position shows, to be copied from (languages only); none by default.</summary>
    public IReadOnlyList<int>? Orders { get; init; }

    /// <summary>
    /// Probability that a training language is written in another alphabet for the length of an episode: its letters, and the bytes beyond ASCII, change places among
    /// themselves, so that what was learned by heart says nothing (languages only); below 1, 0 by default.
    /// </summary>
    public double? RenameLetters { get; init; }

    /// <summary>Most objects of a scene (<c>scenes</c>, <c>omniglot-scenes</c>: 5 by default; <c>cells</c>: 20); at least <see cref="Ways"/>.</summary>
    public int? Objects { get; init; }

    /// <summary>Codes that texts consist of, that of padding included; null where the inputs are no texts.</summary>
    [JsonIgnore]
    public int? CodeCount =>
        TaskFamilies.Find(Type) switch
        {
            { HasTexts: true } => Families.TextFamily.PreprocessingOf(this).CodeCount,
            { HasLanguages: true } => LanguagePreprocessing.CodeCount,
            _ => null,
        };

    /// <summary>Whether the tasks are languages, for networks that score codes.</summary>
    [JsonIgnore]
    public bool HasLanguages => TaskFamilies.Find(Type)?.HasLanguages == true;

    /// <summary>Whether the tasks are worlds to act in: shots and queries count episodes, and examples are what a policy lives through.</summary>
    [JsonIgnore]
    public bool IsControl => TaskFamilies.Find(Type)?.IsControl == true;

    /// <summary>Whether the tasks are to find objects in pictures: ways count their classes, shots and queries pictures.</summary>
    [JsonIgnore]
    public bool IsDetection => TaskFamilies.Find(Type)?.Kind == TaskKind.Detection;

    /// <summary>The size of an episode; where the examples are pictures of all classes, it has one way.</summary>
    public EpisodeShape ToShape() => new(IsDetection ? 1 : Ways, Shots, Queries);
}
