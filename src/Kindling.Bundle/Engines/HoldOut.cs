namespace Kindling.Bundles;

/// <summary>Holds out part of a support set to judge by.</summary>
internal static class HoldOut
{
    /// <summary>What a request fits, and what it judges by.</summary>
    internal static (SupportSet Fitted, SupportSet? Validation) Of(AdaptRequest request) =>
        request.HoldOut > 0 ? Split(request.Support, request.HoldOut) : (request.Support, request.Validation);

    /// <summary>
    /// Splits: of each class (regression: of all) the share, rounded up and at most all but one, at even distances in the order given. Examples are often in
    /// the order in which they were taken, and the ends of a session differ. Of detection a picture stays that is the last one to show a class.
    /// </summary>
    /// <exception cref="ArgumentException">Nothing can be held out.</exception>
    internal static (SupportSet Fitted, SupportSet Validation) Split(SupportSet support, double share)
    {
        HashSet<int> held = [];
        IEnumerable<int> all = Enumerable.Range(0, support.Count);
        bool IsNeeded(int example) =>
            support.Objects is { } objects
            && objects[example]
                .Select(o => o.Class)
                .Any(c => !all.Any(other => other != example && !held.Contains(other) && objects[other].Any(o => o.Class == c)));
        foreach (
            int[] group in support.Labels is { } labels
                ? all.GroupBy(i => labels[i]).Select(g => g.ToArray())
                :
                [
                    [.. all],
                ]
        )
        {
            int count = Math.Min(group.Length - 1, (int)Math.Ceiling(share * group.Length));
            for (int k = 0; k < count; k++)
            {
                int chosen = group[(int)((k + 0.5) * group.Length / count)];
                if (!IsNeeded(chosen))
                {
                    _ = held.Add(chosen);
                }
            }
        }

        return held.Count > 0
            ? (support.Choose([.. all.Where(i => !held.Contains(i))]), support.Choose([.. held.Order()]))
            : throw new ArgumentException(
                "Nothing can be held out: that takes at least two examples"
                    + (support.Labels is null ? "; give a validation set instead." : " of a class; give a validation set instead."),
                nameof(support)
            );
    }
}
