using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>What a text is cut into.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TextUnits>))]
public enum TextUnits
{
    /// <summary>Bytes of UTF-8: byte b has the code b + 1.</summary>
    [JsonStringEnumMemberName("bytes")]
    Bytes,

    /// <summary>Words, and of each its pieces: the word itself and its runs of three characters, as hashed codes.</summary>
    [JsonStringEnumMemberName("words")]
    Words,
}
