namespace Kindling.Tasks.Families;

/// <summary>
/// How training items are varied. Pictures: a random warp that all items of a class share for the length of an episode, which makes it a class that was not
/// there before, and one for each item. Texts: words that are left out, and pieces of words that have another code for the length of an episode, which makes
/// them words that were not there before.
/// </summary>
internal sealed record Augmentation(double Classes, double Items, double Shift, double DropWords = 0, double RenamePieces = 0)
{
    private bool IsOfWords => DropWords > 0 || RenamePieces > 0;

    /// <summary>What a recipe asks for; null if nothing.</summary>
    public static Augmentation? Of(TaskSpec spec) =>
        spec.WarpClasses is null && spec.WarpItems is null && spec.ShiftItems is null && spec.DropWords is null && spec.RenamePieces is null
            ? null
            : new(spec.WarpClasses ?? 0, spec.WarpItems ?? 0, spec.ShiftItems ?? 0, spec.DropWords ?? 0, spec.RenamePieces ?? 0);

    /// <summary>What pieces of words are renamed to in an episode; 0 for pictures.</summary>
    public ulong OfEpisode(SeededRandom random) => IsOfWords ? random.NextUInt64() : 0;

    /// <summary>The warp of a class; none for texts.</summary>
    public Warp? OfClass(SeededRandom random) => IsOfWords ? null : Warp.Draw(random, Classes, shift: 0);

    /// <summary>How an item of a class is seen.</summary>
    public ItemView OfItem(SeededRandom random, ItemView view, Warp? ofClass, ulong ofEpisode) =>
        ofClass is { } warp
            ? view with
            {
                Warp = warp.After(Warp.Draw(random, Items, Shift)),
            }
            : view with
            {
                Words = new WordChange(random.NextUInt64(), DropWords, ofEpisode, RenamePieces),
            };
}
