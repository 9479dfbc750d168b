using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>How raw input (a picture, a row of a table) becomes the input of a model.</summary>
/// <remarks>In JSON the settings stand beside the kind: <c>{ "kind": "image", "width": 28, ... }</c>.</remarks>
[JsonConverter(typeof(PreprocessingConverter))]
public sealed class Preprocessing
{
    /// <summary><see cref="Kind"/> of pictures.</summary>
    public const string ImageKind = "image";

    /// <summary><see cref="Kind"/> of tables.</summary>
    public const string TableKind = "table";

    /// <summary><see cref="Kind"/> of texts.</summary>
    public const string TextKind = "text";

    /// <summary><see cref="Kind"/> of recordings.</summary>
    public const string AudioKind = "audio";

    /// <summary><see cref="Kind"/> of texts that a language model continues.</summary>
    public const string LanguageKind = "language";

    /// <summary><see cref="Kind"/> of input that is used as it comes.</summary>
    public const string NoneKind = "none";

    /// <summary>No preprocessing: the app hands over tensors.</summary>
    public static Preprocessing None { get; } = new();

    /// <summary><c>image</c>, <c>table</c>, <c>text</c>, <c>audio</c>, <c>language</c> or <c>none</c> (the default).</summary>
    public string Kind { get; init; } = NoneKind;

    /// <summary>Set when, and only when, <see cref="Kind"/> is <c>image</c>.</summary>
    public ImagePreprocessing? Image { get; init; }

    /// <summary>Set when, and only when, <see cref="Kind"/> is <c>table</c>.</summary>
    public TablePreprocessing? Table { get; init; }

    /// <summary>Set when, and only when, <see cref="Kind"/> is <c>text</c>.</summary>
    public TextPreprocessing? Text { get; init; }

    /// <summary>Set when, and only when, <see cref="Kind"/> is <c>audio</c>.</summary>
    public AudioPreprocessing? Audio { get; init; }

    /// <summary>Set when, and only when, <see cref="Kind"/> is <c>language</c>.</summary>
    public LanguagePreprocessing? Language { get; init; }

    /// <summary>Preprocessing of pictures.</summary>
    public static Preprocessing ForImage(ImagePreprocessing image) => new() { Kind = ImageKind, Image = image };

    /// <summary>Preprocessing of tables.</summary>
    public static Preprocessing ForTable(TablePreprocessing table) => new() { Kind = TableKind, Table = table };

    /// <summary>Preprocessing of texts.</summary>
    public static Preprocessing ForText(TextPreprocessing text) => new() { Kind = TextKind, Text = text };

    /// <summary>Preprocessing of recordings.</summary>
    public static Preprocessing ForAudio(AudioPreprocessing audio) => new() { Kind = AudioKind, Audio = audio };

    /// <summary>Preprocessing of texts for a language model.</summary>
    public static Preprocessing ForLanguage(LanguagePreprocessing language) => new() { Kind = LanguageKind, Language = language };

    /// <summary>All faults of these settings, empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (Kind is not (ImageKind or TableKind or TextKind or AudioKind or LanguageKind or NoneKind))
        {
            faults.Add($"kind must be image, table, text, audio, language or none, got '{Kind}'.");
        }

        Check(faults, ImageKind, Image is not null);
        Check(faults, TableKind, Table is not null);
        Check(faults, TextKind, Text is not null);
        Check(faults, AudioKind, Audio is not null);
        Check(faults, LanguageKind, Language is not null);
        faults.AddRange((Image?.Validate() ?? []).Select(f => "image: " + f));
        faults.AddRange((Table?.Validate() ?? []).Select(f => "table: " + f));
        faults.AddRange((Text?.Validate() ?? []).Select(f => "text: " + f));
        faults.AddRange((Audio?.Validate() ?? []).Select(f => "audio: " + f));
        faults.AddRange((Language?.Validate() ?? []).Select(f => "language: " + f));
        return faults;
    }

    private void Check(List<string> faults, string kind, bool present)
    {
        if (present != (Kind == kind))
        {
            faults.Add($"{kind} must {(present ? "be absent" : "be present")} when kind is '{Kind}'.");
        }
    }
}
