namespace Kindling.Tasks.Families;

/// <summary>
/// Random warps of training pictures: one that all items of a class share for the length of an episode, which makes it a class that was not there
/// before, and one for each item.
/// </summary>
internal sealed record Augmentation(double Classes, double Items, double Shift)
{
    /// <summary>What a recipe asks for; null if nothing.</summary>
    public static Augmentation? Of(TaskSpec spec) =>
        spec.WarpClasses is null && spec.WarpItems is null && spec.ShiftItems is null
            ? null
            : new(spec.WarpClasses ?? 0, spec.WarpItems ?? 0, spec.ShiftItems ?? 0);

    /// <summary>The warp of a class.</summary>
    public Warp OfClass(SeededRandom random) => Warp.Draw(random, Classes, shift: 0);

    /// <summary>The warp of an item of a class.</summary>
    public Warp OfItem(SeededRandom random, Warp ofClass) => ofClass.After(Warp.Draw(random, Items, Shift));
}
