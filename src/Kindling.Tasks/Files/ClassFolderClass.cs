namespace Kindling.Tasks.Files;

/// <summary>One class folder.</summary>
public sealed class ClassFolderClass
{
    /// <summary>The folder's name, which is the class's.</summary>
    public required string Name { get; init; }

    /// <summary>The paths of its pictures, ordered by name (ordinal); at least one.</summary>
    public required IReadOnlyList<string> Files { get; init; }
}
