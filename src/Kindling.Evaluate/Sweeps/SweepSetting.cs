namespace Kindling.Evaluate.Sweeps;

/// <summary>One recipe with other values for some of its members.</summary>
/// <param name="Model">What the recipe is called in the table.</param>
/// <param name="Recipe">The text of <c>recipe.json</c>.</param>
/// <param name="Members">Members that are replaced, as in <c>inner.rate</c>, and their values as JSON or plain words.</param>
/// <param name="Files">Reads a file that the recipe names; without it a network of such a file can not be built.</param>
public sealed record SweepSetting(
    string Model,
    string Recipe,
    IReadOnlyDictionary<string, string> Members,
    Func<string, byte[]>? Files = null
)
{
    /// <summary>What the table calls it.</summary>
    public string Label => string.Join(' ', Members.Select(m => $"{m.Key}={m.Value}").Prepend(Model));

    /// <summary>All combinations of values.</summary>
    /// <param name="model">What the recipe is called in the table.</param>
    /// <param name="recipe">The text of <c>recipe.json</c>.</param>
    /// <param name="choices">For each member its values.</param>
    /// <param name="files">Reads a file that the recipe names.</param>
    public static IReadOnlyList<SweepSetting> Combinations(
        string model,
        string recipe,
        IReadOnlyList<(string Member, IReadOnlyList<string> Values)> choices,
        Func<string, byte[]>? files = null
    )
    {
        ArgumentNullException.ThrowIfNull(choices);
        IEnumerable<Dictionary<string, string>> combined = [new(StringComparer.Ordinal)];
        foreach ((string member, IReadOnlyList<string> values) in choices)
        {
            combined = combined.SelectMany(before =>
                values.Select(value => new Dictionary<string, string>(before, StringComparer.Ordinal) { [member] = value })
            );
        }

        return [.. combined.Select(members => new SweepSetting(model, recipe, members, files))];
    }
}
