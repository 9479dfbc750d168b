using System.Globalization;
using Kindling.Bundles;
using Kindling.Tasks.Families;
using Kindling.Tasks.Scenes;

namespace Kindling.Tasks;

/// <content>What a specification may not say.</content>
public sealed partial class TaskSpec
{
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

        CheckOnly(faults, row, "size", Size is not null, r => r.HasImages || r.HasScenes);
        CheckOnly(faults, row, "channels", Channels is not null, r => r.HasChannels);
        CheckOnly(faults, row, "invert", Invert is not null, r => r.HasImages || r.HasScenes);
        CheckOnly(faults, row, "rotations", Rotations is not null, r => r.HasRotations);
        CheckOnly(faults, row, "mirrors", Mirrors is not null, r => r.HasImages);
        CheckOnly(faults, row, "interleave", Interleave is not null, r => r.HasImages || r.HasTexts || r.HasAudio);
        CheckOnly(faults, row, "warpClasses", WarpClasses is not null, r => r.HasImages);
        CheckOnly(faults, row, "warpItems", WarpItems is not null, r => r.HasImages);
        CheckOnly(faults, row, "shiftItems", ShiftItems is not null, r => r.HasImages);
        CheckOnly(faults, row, "objects", Objects is not null, r => r.HasScenes);
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
        CheckOnly(faults, row, "frames", Frames is not null, r => r.HasAudio);
        CheckOnly(faults, row, "mels", Mels is not null, r => r.HasAudio);
        CheckOnly(faults, row, "fold", Fold is not null, r => r.Folds > 0);
        if (row?.Source == SourceUse.Required && string.IsNullOrWhiteSpace(Source))
        {
            faults.Add($"tasks.source must name the data of '{Type}'.");
        }

        CheckValues(faults);
        CheckAlphabets(faults, row);
        CheckTexts(faults, row);
        faults.AddRange(AudioFamily.PreprocessingOf(this).Validate().Select(fault => "tasks." + fault));
        if (row?.Folds > 0 && !(Fold is null || (Fold >= 0 && Fold < row.Folds)))
        {
            faults.Add($"tasks.fold must be between 0 and {row.Folds - 1}, got {Fold}.");
        }

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

        if (IsDetection && Size is { } side && side % DetectionGrid.Cell != 0)
        {
            faults.Add($"tasks.size must be a multiple of {DetectionGrid.Cell} for '{Type}', got {Size}.");
        }

        int cells = (Size ?? SceneFamily.DefaultSize) / DetectionGrid.Cell;
        int most = Math.Max(Ways, Objects ?? TaskFamilies.Find(Type)?.MostObjects ?? 0);
        if (IsDetection && most > cells * cells)
        {
            faults.Add(
                $"tasks.objects: pictures of tasks.size {Size ?? SceneFamily.DefaultSize} have {cells * cells} cells for objects, got up to {most} objects."
            );
        }

        AtLeast(faults, "objects", Objects, Ways);
        AtMost(faults, "objects", Objects);
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
