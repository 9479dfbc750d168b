using System.Text.Json;
using System.Text.Json.Serialization;
using Kindling.Networks;
using Kindling.Tasks;

namespace Kindling.Recipes;

/// <summary>Finds members that a recipe does not have, with the one that was probably meant, and values that are none of an enum's names.</summary>
internal static class RecipeMembers
{
    private static readonly Dictionary<string, Type> Sections = new(StringComparer.OrdinalIgnoreCase)
    {
        ["network"] = typeof(NetworkSpec),
        ["adapters"] = typeof(AdapterSpec),
        ["tasks"] = typeof(TaskSpec),
        ["algorithm"] = typeof(AlgorithmSpec),
        ["inner"] = typeof(InnerSpec),
    };

    /// <summary>A sentence about the first unknown member or name of a value, or null.</summary>
    public static string? FirstFault(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return $"expected an object, got {document.RootElement.ValueKind}.";
        }

        return Fault(document.RootElement, typeof(Recipe), "")
            ?? document
                .RootElement.EnumerateObject()
                .Where(p => Sections.ContainsKey(p.Name) && p.Value.ValueKind == JsonValueKind.Object)
                .Select(p => Fault(p.Value, Sections[p.Name], p.Name + "."))
                .FirstOrDefault(f => f is not null);
    }

    private static string? Fault(JsonElement element, Type type, string prefix)
    {
        Dictionary<string, Type> members = type.GetProperties()
            .Where(p => p.CanWrite && p.GetMethod?.IsStatic == false && !Attribute.IsDefined(p, typeof(JsonIgnoreAttribute)))
            .ToDictionary(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name), p => p.PropertyType, StringComparer.OrdinalIgnoreCase);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!members.TryGetValue(property.Name, out Type? member))
            {
                string nearest = NearestName.Of(property.Name, members.Keys);
                return $"unknown member '{prefix}{property.Name}'; did you mean '{prefix}{nearest}'? Known are {string.Join(", ", members.Keys)}.";
            }

            if (WrongName(property.Value, Nullable.GetUnderlyingType(member) ?? member) is { } fault)
            {
                return $"{prefix}{property.Name}: {fault}.";
            }
        }

        return null;
    }

    // The converter would take several names, and make another value of them.
    private static string? WrongName(JsonElement value, Type type)
    {
        if (!type.IsEnum || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        string[] names = [.. Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName)];
        return value.ValueKind == JsonValueKind.String && names.Contains(value.GetString(), StringComparer.OrdinalIgnoreCase)
            ? null
            : $"expected one of {string.Join(", ", names)}, got {value.GetRawText()}";
    }
}
