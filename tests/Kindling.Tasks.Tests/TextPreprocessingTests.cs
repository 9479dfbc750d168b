using System.Text;
using System.Text.Json;
using Kindling.Bundles;

namespace Kindling.Tasks.Tests;

[TestFixture]
internal sealed class TextPreprocessingTests
{
    private static readonly TextPreprocessing Bytes = new() { Length = 6 };

    private static readonly TextPreprocessing WordPieces = new()
    {
        Units = TextUnits.Words,
        Length = 3,
        Pieces = 4,
        Buckets = 1000,
    };

    [Test]
    public void Apply_Bytes_AreCodesOfTheByteAndOne()
    {
        FloatTensor codes = Bytes.Apply("Hé!");
        Assert.That(codes.Shape, Is.EqualTo(new[] { 6 }));
        Assert.That(codes.Values, Is.EqualTo(new float[] { 'h' + 1, 0xC3 + 1, 0xA9 + 1, '!' + 1, 0, 0 }));
        Assert.That(
            new TextPreprocessing { Length = 1, LowerCase = false }
                .Apply("H")
                .Values,
            Is.EqualTo(new float[] { 'H' + 1 })
        );
        Assert.That(Bytes.CodeCount, Is.EqualTo(257));
    }

    [TestCase("abcdef", "abcdef", "")]
    [TestCase("abcdefg", "abcdef", "the first 6 of 7 bytes are used")]
    [TestCase("abcdeé", "abcde", "the first 5 of 7 bytes are used", Description = "no half of a character")]
    public void Apply_LongText_IsCutBetweenCharacters(string text, string used, string note)
    {
        float[] expected = [.. Encoding.UTF8.GetBytes(used).Select(b => b + 1f)];
        Assert.That(Bytes.Apply(text).Values, Is.EqualTo(expected.Concat(new float[6 - expected.Length])));
        Assert.That(Bytes.Describe(text), Is.EqualTo(note));
    }

    [Test]
    public void Apply_Words_AreRowsOfHashedPieces()
    {
        FloatTensor codes = WordPieces.Apply("Pay, it now please");
        Assert.That(codes.Shape, Is.EqualTo(new[] { 3, 4 }));
        string[][] pieces =
        [
            ["<pay>", "<pa", "pay", "ay>"],
            ["<it>", "<it", "it>"],
            ["<now>", "<no", "now", "ow>"],
        ];
        IEnumerable<float> expected = pieces.SelectMany(word => word.Select(Fnv).Concat(new float[4 - word.Length]));
        Assert.That(codes.Values, Is.EqualTo(expected));
        Assert.That(WordPieces.Describe("Pay, it now please"), Is.EqualTo("the first 3 of 4 words are used"));
        Assert.That(WordPieces.CodeCount, Is.EqualTo(1001));
    }

    [TestCase("don't", "don t")]
    [TestCase("5€ 3kg", "5 € 3kg")]
    [TestCase("e\u0301a", "e\u0301a", Description = "a combining mark belongs to its word")]
    [TestCase("日本。語", "日本 語 ")]
    public void Apply_Words_AreRunsOfLettersAndDigits(string text, string words)
    {
        Assert.That(WordPieces.Apply(text).Values, Is.EqualTo(WordPieces.Apply(words).Values));
        int count = words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.That(WordPieces.Apply(text).Values.Chunk(4).Count(row => row[0] > 0), Is.EqualTo(count));
    }

    [TestCase("", "Expected a text, got an empty one.")]
    [TestCase(" \n", "Expected a text, got an empty one.")]
    public void Apply_NoText_IsRefused(string text, string message) =>
        Assert.That(() => Bytes.Apply(text), Throws.ArgumentException.With.Message.StartsWith(message));

    [Test]
    public void Apply_HalfOfASurrogatePair_IsRefused()
    {
        foreach ((string text, string half) in new[] { ("a\uD800", "1 (U+D800)"), ("\uDC00\uD800", "0 (U+DC00)") })
        {
            Assert.That(
                () => Bytes.Apply(text),
                Throws.ArgumentException.With.Message.StartsWith($"Character {half} is half of a surrogate pair.")
            );
        }
    }

    [Test]
    public void Apply_WordsOfPunctuation_IsRefused() =>
        Assert.That(
            () => WordPieces.Apply("?!"),
            Throws.ArgumentException.With.Message.StartsWith("Expected a text with words, got one without letters, digits and symbols.")
        );

    [Test]
    public void Decode_BytesThatAreNoUtf8_NamesTheFirst()
    {
        Assert.That(TextPreprocessing.Decode([0xEF, 0xBB, 0xBF, 0x61, 0xC3, 0xA9]), Is.EqualTo("aé"));
        Assert.That(
            () => TextPreprocessing.Decode([0x61, 0xC3]),
            Throws.ArgumentException.With.Message.StartsWith("Expected UTF-8; byte 1 (0xC3) does not belong to any character.")
        );
    }

    [Test]
    public void Validate_OfManyFaults_ReportsAll() =>
        Assert.That(
            new TextPreprocessing
            {
                Units = (TextUnits)7,
                Length = 0,
                Buckets = 1 << 25,
                Pieces = 65,
            }.Validate(),
            Is.EqualTo(
                new[]
                {
                    "units must be bytes or words, got 7.",
                    "length must be between 1 and 65536, got 0.",
                    "buckets must be between 1 and 16777216, got 33554432.",
                    "pieces must be between 1 and 64, got 65.",
                }
            )
        );

    [Test]
    public void Json_OfText_ReadsBack()
    {
        string json = JsonSerializer.Serialize(Preprocessing.ForText(WordPieces));
        Assert.That(json, Is.EqualTo("""{"kind":"text","units":"words","length":3,"lowerCase":true,"buckets":1000,"pieces":4}"""));
        Preprocessing back = JsonSerializer.Deserialize<Preprocessing>(json)!;
        Assert.That(back.Validate(), Is.Empty);
        Assert.That(back.Text!.Apply("pay it").Values, Is.EqualTo(WordPieces.Apply("pay it").Values));
    }

    private static float Fnv(string piece) =>
        1 + (Encoding.UTF8.GetBytes(piece).Aggregate(2166136261u, (hash, b) => (hash ^ b) * 16777619u) % 1000);
}
