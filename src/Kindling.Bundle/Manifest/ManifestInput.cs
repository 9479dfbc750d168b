namespace Kindling.Bundles;

/// <summary>The data input <c>x</c>.</summary>
public sealed record ManifestInput
{
    /// <summary>Name in both graphs: <c>x</c>.</summary>
    public string Name
    {
        get;
        init => field = value ?? "x";
    } = "x";

    /// <summary>Shape; the first entry is null: the batch.</summary>
    public required IReadOnlyList<int?> Shape { get; init; }

    /// <summary>Element type: <c>float32</c>.</summary>
    public string Type
    {
        get;
        init => field = value ?? "float32";
    } = "float32";

    /// <summary>What the numbers are, with unit and range; may be empty.</summary>
    public string Meaning
    {
        get;
        init => field = value ?? "";
    } = "";
}
