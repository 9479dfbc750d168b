namespace Kindling.Cli.Drafting;

/// <summary>How many classes (or tasks) there are and how large they are.</summary>
/// <param name="Count">Classes.</param>
/// <param name="Smallest">Name of the smallest class.</param>
/// <param name="Least">Examples in it.</param>
/// <param name="Most">Examples in the largest.</param>
internal sealed record GroupSizes(int Count, string Smallest, int Least, int Most)
{
    public static GroupSizes Of(IEnumerable<(string Name, int Count)> groups)
    {
        (string Name, int Count)[] all = [.. groups.OrderBy(g => g.Count)];
        return new GroupSizes(all.Length, all[0].Name, all[0].Count, all[^1].Count);
    }
}
