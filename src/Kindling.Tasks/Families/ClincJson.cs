using System.Text.Json.Serialization;

namespace Kindling.Tasks.Families;

[JsonSerializable(typeof(Dictionary<string, string[]>))]
[JsonSerializable(typeof(Dictionary<string, string[][]>))]
internal sealed partial class ClincJson : JsonSerializerContext;
