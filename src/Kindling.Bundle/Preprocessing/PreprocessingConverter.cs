using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>
/// Writes the settings beside their kind, <c>{ "kind": "image", "width": 28, ... }</c>; reads that, and also settings in an
/// object of their own, <c>{ "kind": "image", "image": { "width": 28, ... } }</c>, as early checkpoints and bundles have them.
/// </summary>
internal sealed class PreprocessingConverter : JsonConverter<Preprocessing>
{
    private const string KindName = "kind";

    public override Preprocessing Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        JsonElement element = JsonElement.ParseValue(ref reader);
        if (
            element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty(KindName, out JsonElement word)
            || word.ValueKind != JsonValueKind.String
        )
        {
            throw new JsonException("Preprocessing must be an object with the kind image, table, text, audio, language or none.");
        }

        string kind = word.GetString()!;
        JsonElement settings = element.TryGetProperty(kind, out JsonElement own) && own.ValueKind == JsonValueKind.Object ? own : element;
        return new Preprocessing
        {
            Kind = kind,
            Image = kind == Preprocessing.ImageKind ? settings.Deserialize(PreprocessingJson.Default.ImagePreprocessing) : null,
            Table = kind == Preprocessing.TableKind ? settings.Deserialize(PreprocessingJson.Default.TablePreprocessing) : null,
            Text = kind == Preprocessing.TextKind ? settings.Deserialize(PreprocessingJson.Default.TextPreprocessing) : null,
            Audio = kind == Preprocessing.AudioKind ? settings.Deserialize(PreprocessingJson.Default.AudioPreprocessing) : null,
            Language = kind == Preprocessing.LanguageKind ? settings.Deserialize(PreprocessingJson.Default.LanguagePreprocessing) : null,
        };
    }

    public override void Write(Utf8JsonWriter writer, Preprocessing value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString(KindName, value.Kind);
        if (value.Image is not null)
        {
            WriteMembers(writer, JsonSerializer.SerializeToElement(value.Image, PreprocessingJson.Default.ImagePreprocessing));
        }

        if (value.Table is not null)
        {
            WriteMembers(writer, JsonSerializer.SerializeToElement(value.Table, PreprocessingJson.Default.TablePreprocessing));
        }

        if (value.Text is not null)
        {
            WriteMembers(writer, JsonSerializer.SerializeToElement(value.Text, PreprocessingJson.Default.TextPreprocessing));
        }

        if (value.Audio is not null)
        {
            WriteMembers(writer, JsonSerializer.SerializeToElement(value.Audio, PreprocessingJson.Default.AudioPreprocessing));
        }

        if (value.Language is not null)
        {
            WriteMembers(writer, JsonSerializer.SerializeToElement(value.Language, PreprocessingJson.Default.LanguagePreprocessing));
        }

        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, JsonElement settings)
    {
        foreach (JsonProperty member in settings.EnumerateObject())
        {
            member.WriteTo(writer);
        }
    }
}
