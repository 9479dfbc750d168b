using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>A picture with its objects, as an annotation file tells of it.</summary>
public sealed class AnnotatedPicture
{
    /// <summary>The picture's file.</summary>
    public required string File { get; init; }

    /// <summary>Its objects; a picture may have none.</summary>
    public required IReadOnlyList<LabelledBox> Objects { get; init; }

    /// <summary>Which part of the set it belongs to, as <c>train</c> or <c>test</c>; null where the annotations say nothing of it.</summary>
    public string? Part { get; init; }
}
