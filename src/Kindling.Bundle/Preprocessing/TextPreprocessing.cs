using System.Text;
using System.Text.Json.Serialization;

namespace Kindling.Bundles;

/// <summary>
/// How a text becomes the input of a model; the same code prepares the training data and, in an app, the user's texts. Codes are whole numbers in floats,
/// 0 is padding.
/// </summary>
/// <remarks>
/// <para>
/// With <see cref="TextUnits.Bytes"/> an input is <c>[length]</c>: the codes 1 to 256 of the UTF-8 bytes 0 to 255. With <see cref="TextUnits.Words"/> it is
/// <c>[length, pieces]</c>, a row a word: the word and its runs of three characters with marks at its ends (Bojanowski et al. 2017), each hashed
/// (FNV-1a) into a code from 1 to <see cref="Buckets"/>, so that words that nobody has seen have codes as well. Words are runs of letters, digits and
/// combining marks; any other character that is neither white space nor punctuation is a word of its own.
/// </para>
/// <para>What is longer than <see cref="Length"/> is cut off at the end, between two characters. Immutable and safe to use from several threads.</para>
/// </remarks>
public sealed partial class TextPreprocessing
{
    /// <summary>The default of <see cref="Length"/>.</summary>
    public const int DefaultLength = 128;

    /// <summary>The largest <see cref="Length"/>.</summary>
    public const int MaximumLength = 1 << 16;

    /// <summary>The default of <see cref="Buckets"/>.</summary>
    public const int DefaultBuckets = 8192;

    /// <summary>The largest <see cref="Buckets"/>: floats hold every whole number up to here.</summary>
    public const int MaximumBuckets = 1 << 24;

    /// <summary>The default of <see cref="Pieces"/>.</summary>
    public const int DefaultPieces = 8;

    /// <summary>The largest <see cref="Pieces"/>.</summary>
    public const int MaximumPieces = 64;

    /// <summary>Bytes or words; bytes by default.</summary>
    public TextUnits Units { get; init; } = TextUnits.Bytes;

    /// <summary>Bytes, or words, of an input; 128 by default.</summary>
    public int Length { get; init; } = DefaultLength;

    /// <summary>Whether capital letters become small ones (invariant culture); by default they do.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Codes of words and their pieces; 8192 by default. Not read for bytes.</summary>
    public int Buckets { get; init; } = DefaultBuckets;

    /// <summary>Most pieces of a word, itself included; 8 by default, what is beyond is left out. Not read for bytes.</summary>
    public int Pieces { get; init; } = DefaultPieces;

    /// <summary>The number of different codes, that of padding included.</summary>
    [JsonIgnore]
    public int CodeCount => Units == TextUnits.Bytes ? 257 : Buckets + 1;

    /// <summary>All faults of these settings, empty when there are none.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> faults = [];
        if (!Enum.IsDefined(Units))
        {
            faults.Add($"units must be bytes or words, got {Units}.");
        }

        Between(faults, "length", Length, MaximumLength);
        Between(faults, "buckets", Buckets, MaximumBuckets);
        Between(faults, "pieces", Pieces, MaximumPieces);
        return faults;
    }

    /// <summary>The shape of one input: <c>[length]</c> or <c>[length, pieces]</c>.</summary>
    [JsonIgnore]
    public IReadOnlyList<int> Shape => Units == TextUnits.Bytes ? [Length] : [Length, Pieces];

    /// <summary>Prepares one text.</summary>
    /// <exception cref="ArgumentException">The text is empty or white space, holds no word, or half of a surrogate pair.</exception>
    public FloatTensor Apply(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        float[] values = new float[Units == TextUnits.Bytes ? Length : Length * Pieces];
        _ = Write(text, values);
        return new FloatTensor([.. Shape], values);
    }

    /// <summary>What preparing this text leaves out, as in <c>the first 128 of 300 bytes are used</c>; empty where nothing.</summary>
    /// <exception cref="ArgumentException">As <see cref="Apply"/>.</exception>
    public string Describe(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        (int used, int all) = Write(text, new float[Units == TextUnits.Bytes ? Length : Length * Pieces]);
        return used == all ? "" : $"the first {used} of {all} {(Units == TextUnits.Bytes ? "bytes" : "words")} are used";
    }

    /// <summary>Reads a text from UTF-8, with or without a byte order mark.</summary>
    /// <exception cref="ArgumentException">The bytes are no UTF-8; the message names the first that is wrong.</exception>
    public static string Decode(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        }

        int at = 0;
        while (at < utf8.Length)
        {
            if (Rune.DecodeFromUtf8(utf8[at..], out _, out int length) != System.Buffers.OperationStatus.Done)
            {
                throw new ArgumentException($"Expected UTF-8; byte {at} (0x{utf8[at]:X2}) does not belong to any character.", nameof(utf8));
            }

            at += length;
        }

        return Encoding.UTF8.GetString(utf8);
    }

    private static void Between(List<string> faults, string name, int value, int most)
    {
        if (value < 1 || value > most)
        {
            faults.Add($"{name} must be between 1 and {most}, got {value}.");
        }
    }
}
