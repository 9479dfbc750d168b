using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Recipes;

/// <summary>Finds members that a recipe does not have, and the one that was probably meant.</summary>
internal static class RecipeMembers
{
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.Ordinal)
    {
        ["network"] = typeof(NetworkSpec),
        ["tasks"] = typeof(TaskSpec),
        ["algorithm"] = typeof(AlgorithmSpec),
        ["inner"] = typeof(InnerSpec),
    };

    /// <summary>A sentence about the first unknown member, or null.</summary>
    public static string? FirstUnknown(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return $"expected an object, got {document.RootElement.ValueKind}.";
        }

        return Unknown(document.RootElement, typeof(Recipe), "")
            ?? document
                .RootElement.EnumerateObject()
                .Where(p => Sections.ContainsKey(p.Name) && p.Value.ValueKind == JsonValueKind.Object)
                .Select(p => Unknown(p.Value, Sections[p.Name], p.Name + "."))
                .FirstOrDefault(u => u is not null);
    }

    private static string? Unknown(JsonElement element, Type type, string prefix)
    {
        string[] known =
        [
            .. type.GetProperties()
                .Where(p => p.CanWrite && p.GetMethod?.IsStatic == false && !Attribute.IsDefined(p, typeof(JsonIgnoreAttribute)))
                .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)),
        ];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name, StringComparer.OrdinalIgnoreCase))
            {
                string nearest = NearestName.Of(property.Name, known);
                return $"unknown member '{prefix}{property.Name}'; did you mean '{prefix}{nearest}'? Known are {string.Join(", ", known)}.";
            }
        }

        return null;
    }
}
