using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Kindling.Bundles;

/// <summary>Finds equal inputs among examples: duplicates, and contradictions where their labels differ.</summary>
internal static class EqualExamples
{
    private const int MostNumbers = 8;

    internal static IEnumerable<SupportFinding> Find(SupportSet support)
    {
        int length = support.Inputs.Count / support.Count;
        string Key(int i) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(support.Inputs.Values.AsSpan(i * length, length))));
        foreach (IGrouping<string, int> group in Enumerable.Range(0, support.Count).GroupBy(Key, StringComparer.Ordinal))
        {
            int[] members = [.. group];
            if (members.Length == 1)
            {
                continue;
            }

            string[] labels = Array.ConvertAll(members, i => Label(support, i));
            bool same = labels.Distinct(StringComparer.Ordinal).Count() == 1;
            yield return new SupportFinding
            {
                Kind = same ? SupportFindingKind.Duplicate : SupportFindingKind.Contradiction,
                Examples = members,
                Message = same
                    ? $"Examples {List(members.Select(i => $"{i}"))} are equal."
                    : $"Examples {List(members.Zip(labels, (i, label) => $"{i} ({label})"))} are equal, but their labels are not.",
            };
        }
    }

    /// <summary>What messages call the label or the target of an example, or the beginning of a long one.</summary>
    internal static string Label(SupportSet support, int example)
    {
        if (support.Labels is { } labels)
        {
            return $"'{support.Classes[labels[example]]}'";
        }

        if (support.Objects is { } objects)
        {
            return objects[example].Count == 0
                ? "no objects"
                : string.Join(", ", objects[example].Take(MostNumbers).Select(o => $"'{support.Classes[o.Class]}' {o.Box}"));
        }

        int length = support.Targets!.Count / support.Count;
        string all = string.Join(", ", support.Targets.Values.AsSpan(example * length, Math.Min(length, MostNumbers)).ToArray());
        return length > MostNumbers ? $"{all}, ..." : all;
    }

    private static string List(IEnumerable<string> items)
    {
        string[] all = [.. items];
        return $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}
