namespace Kindling.Tasks.Families;

/// <summary>A class: a run of items in a bank, seen in one way.</summary>
/// <param name="Name">As episodes name it.</param>
/// <param name="First">Number of its first item in the bank.</param>
/// <param name="Count">Number of items.</param>
/// <param name="View">How its items are seen.</param>
/// <param name="Group">The classes of an episode are of one group; empty where there are no groups.</param>
internal sealed record ItemClass(string Name, int First, int Count, ItemView View = default, string Group = "")
{
    /// <summary>Each class four times, once in each rotation, named as Omniglot's split files do.</summary>
    public static ItemClass[] WithRotations(IEnumerable<ItemClass> classes) =>
        [
            .. classes.SelectMany(c =>
                Enumerable.Range(0, 4).Select(q => c with { Name = $"{c.Name}/rot{q * 90:000}", View = new ItemView(q) })
            ),
        ];

    /// <summary>The classes, then each again in a mirror; what a group has in the mirror is a group of its own.</summary>
    public static ItemClass[] WithMirrors(ItemClass[] classes) =>
        [
            .. classes,
            .. classes.Select(c =>
                c with
                {
                    Name = $"{c.Name}/mirror",
                    View = c.View with { Mirrored = true },
                    Group = c.Group.Length == 0 ? "" : $"{c.Group}/mirror",
                }
            ),
        ];
}
