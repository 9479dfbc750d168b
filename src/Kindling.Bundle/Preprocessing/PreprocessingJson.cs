using System.Text.Json.Serialization;

namespace Kindling.Bundles;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(ImagePreprocessing))]
[JsonSerializable(typeof(TablePreprocessing))]
[JsonSerializable(typeof(TextPreprocessing))]
[JsonSerializable(typeof(AudioPreprocessing))]
[JsonSerializable(typeof(LanguagePreprocessing))]
internal sealed partial class PreprocessingJson : JsonSerializerContext;
