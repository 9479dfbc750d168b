using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>Whether a picture is inverted so that its ink becomes bright (1) on a dark ground (0).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImageInversion>))]
public enum ImageInversion
{
    /// <summary>
    /// Decided for each picture from its border: a border that is light within the picture's range means dark ink on a
    /// light ground, which is inverted.
    /// </summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>Always inverted: the pictures are dark on light.</summary>
    [JsonStringEnumMemberName("yes")]
    Yes,

    /// <summary>Never inverted: the pictures are light on dark, or ink is not what matters.</summary>
    [JsonStringEnumMemberName("no")]
    No,
}
