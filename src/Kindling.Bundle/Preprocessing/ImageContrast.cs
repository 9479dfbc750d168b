using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>How the brightness of a picture is spread before it is resized.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImageContrast>))]
public enum ImageContrast
{
    /// <summary>
    /// The ground (the median of the border) becomes 0, the strongest ink 1; what is beyond the ground is cut off. It
    /// changes nothing in a two-valued picture. A picture without ink becomes 0 everywhere.
    /// </summary>
    [JsonStringEnumMemberName("ink")]
    Ink,

    /// <summary>Brightness stays as it is.</summary>
    [JsonStringEnumMemberName("none")]
    None,
}
