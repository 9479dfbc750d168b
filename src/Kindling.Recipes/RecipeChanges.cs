using System.Text.Json.Nodes;

namespace Kindling.Recipes;

/// <summary>What two recipes differ in, where going on with the other one would mix two trainings.</summary>
public static class RecipeChanges
{
    // How long, how often somebody looks, and what concerns the app alone: no part of what an iteration does.
    private static readonly HashSet<string> Free = new(StringComparer.Ordinal)
    {
        "name",
        "description",
        "algorithm.iterations",
        "algorithm.validateEvery",
        "algorithm.checkpointEvery",
        "algorithm.patience",
        "inner.jump",
    };

    /// <summary>The members that differ, as <c>inner.rate 0.4 -> 0.3</c>; empty where the second recipe can go on with the first one's training.</summary>
    public static IReadOnlyList<string> Find(Recipe before, Recipe now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(now);
        return [.. Differences("", JsonNode.Parse(before.ToJson()), JsonNode.Parse(now.ToJson()))];
    }

    private static IEnumerable<string> Differences(string path, JsonNode? before, JsonNode? now)
    {
        if (Free.Contains(path) || JsonNode.DeepEquals(before, now))
        {
            return [];
        }

        return before is JsonObject one && now is JsonObject other
            ? one.Select(member => member.Key)
                .Union(other.Select(member => member.Key))
                .SelectMany(name => Differences(path.Length == 0 ? name : $"{path}.{name}", one[name], other[name]))
            : [$"{path} {Text(before)} -> {Text(now)}"];
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "none";
}
