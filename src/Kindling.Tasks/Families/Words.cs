namespace Kindling.Tasks.Families;

/// <summary>Words of messages.</summary>
internal static class Words
{
    public static string Of(Split split) =>
        split switch
        {
            Split.Train => "training",
            Split.Validation => "validation",
            _ => "test",
        };

    public static string Count(int count, string noun) =>
        count == 1 ? $"1 {noun}"
        : noun.EndsWith('s') ? $"{count} {noun}es"
        : $"{count} {noun}s";
}
