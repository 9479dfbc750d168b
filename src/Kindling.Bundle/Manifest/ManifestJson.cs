using System.Text.Json.Serialization;

namespace Kindling.Bundles;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    MaxDepth = 64
)]
[JsonSerializable(typeof(BundleManifest))]
[JsonSerializable(typeof(ManifestVersion))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class ManifestJson : JsonSerializerContext;
