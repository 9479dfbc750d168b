using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>
/// COCO: one JSON file with <c>images</c> (id, file_name), <c>categories</c> (id, name) and <c>annotations</c> (image_id, category_id, bbox = left, top, width, height). Regions of
/// crowds (<c>iscrowd</c>) are no single objects and left out.
/// </summary>
internal static class CocoAnnotations
{
    public static IReadOnlyList<AnnotatedPictures.Annotation> Read(string path)
    {
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be read: {e.Message}", e);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(path, document.RootElement, Lines(json));
        }
        catch (JsonException e)
        {
            throw new BundleException($"'{path}', line {(e.LineNumber ?? 0) + 1}: not well-formed JSON. {e.Message}", e);
        }
    }

    private static IReadOnlyList<AnnotatedPictures.Annotation> Read(string path, JsonElement root, List<int> lines)
    {
        string whole = $"'{path}'";
        Dictionary<long, string> classes = Named(root, "categories", "name", whole);
        Dictionary<long, List<(LabelledBox, string)>> objects = [];
        Dictionary<long, string> pictures = Named(root, "images", "file_name", whole);
        foreach ((int index, JsonElement item) in List(root, "annotations", whole).Index())
        {
            string place = $"{whole}, line {lines[index]}";
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw new BundleException($"{place}: expected an annotation, got {item.ValueKind}.");
            }

            if (item.TryGetProperty("iscrowd", out JsonElement crowd) && IsTrue(crowd))
            {
                continue;
            }

            long picture = Number(item, "image_id", place);
            long category = Number(item, "category_id", place);
            if (!classes.TryGetValue(category, out string? label))
            {
                throw new BundleException(
                    $"{place}: category_id {category} is unknown; the categories are {string.Join(", ", classes.Keys)}."
                );
            }

            if (!pictures.ContainsKey(picture))
            {
                throw new BundleException($"{place}: image_id {picture} is unknown.");
            }

            if (!objects.TryGetValue(picture, out List<(LabelledBox, string)>? own))
            {
                objects[picture] = own = [];
            }

            own.Add((new LabelledBox(label, BoxOf(item, place)), place));
        }

        return
        [
            .. pictures.Select(p => new AnnotatedPictures.Annotation(
                p.Value,
                $"{whole}, images, id {p.Key}",
                objects.GetValueOrDefault(p.Key) ?? [],
                Part: null
            )),
        ];
    }

    private static Dictionary<long, string> Named(JsonElement root, string list, string member, string place)
    {
        Dictionary<long, string> named = [];
        foreach (JsonElement item in List(root, list, place))
        {
            long id = Number(item, "id", $"{place}, {list}");
            if (!named.TryAdd(id, Text(item, member, $"{place}, {list}")))
            {
                throw new BundleException($"{place}, {list}: id {id} stands there twice.");
            }
        }

        return named;
    }

    private static bool IsTrue(JsonElement flag) =>
        flag.ValueKind == JsonValueKind.True || (flag.ValueKind == JsonValueKind.Number && flag.GetDouble() == 1);

    private static Box BoxOf(JsonElement item, string place)
    {
        float[] values =
            item.TryGetProperty("bbox", out JsonElement box)
            && box.ValueKind == JsonValueKind.Array
            && box.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number)
                ? [.. box.EnumerateArray().Select(v => v.GetSingle())]
                : [];
        return values.Length == 4 && values.All(float.IsFinite)
            ? new Box(values[0], values[1], values[0] + values[2], values[1] + values[3])
            : throw new BundleException($"{place}: bbox must be four numbers: left, top, width, height.");
    }

    private static IEnumerable<JsonElement> List(JsonElement root, string name, string place) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : throw new BundleException($"{place}: expected COCO's object with images, categories and annotations; {name} is missing.");

    private static long Number(JsonElement item, string name, string place) =>
        item.ValueKind == JsonValueKind.Object
        && item.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out long number)
            ? number
            : throw new BundleException($"{place}: {name} must be a whole number.");

    private static string Text(JsonElement item, string name, string place) =>
        item.ValueKind == JsonValueKind.Object
        && item.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : throw new BundleException($"{place}: {name} must be a text.");

    /// <summary>The line on which each element of <c>annotations</c> begins.</summary>
    private static List<int> Lines(byte[] json)
    {
        Utf8JsonReader reader = new(json);
        List<int> lines = [];
        bool within = false;
        long counted = 0;
        int line = 1;
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
            {
                within = reader.ValueTextEquals("annotations");
            }
            else if (within && reader.CurrentDepth == 2 && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
            {
                line += json.AsSpan((int)counted, (int)(reader.TokenStartIndex - counted)).Count((byte)'\n');
                counted = reader.TokenStartIndex;
                lines.Add(line);
            }
        }

        return lines;
    }
}
