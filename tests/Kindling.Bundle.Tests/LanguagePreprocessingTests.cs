using System.Text;
using System.Text.Json;

namespace Kindling.Bundles.Tests;

/// <summary>Texts as windows of bytes.</summary>
internal sealed class LanguagePreprocessingTests
{
    private static readonly LanguagePreprocessing Plain = new() { Length = 6, Context = 2 };
    private static readonly LanguagePreprocessing Copying = new()
    {
        Length = 6,
        Context = 2,
        Orders = [3, 1],
    };

    [Test]
    public void Windows_OfAText_PredictEveryByteOnceFromThoseBefore()
    {
        (FloatTensor x, FloatTensor y) = Plain.Windows("abcdefghi"u8);

        Assert.That(x.Shape, Is.EqualTo(new[] { 3, 6 }));
        Assert.That(Shown(x), Is.EqualTo("..." + "abc" + "bcdefg" + "fghi.."));
        Assert.That(Shown(y), Is.EqualTo("..abcd" + "..efgh" + "..i..."));
    }

    [Test]
    public void Windows_OfBytesThatAreNoUtf8_TakeThemAsTheyAre()
    {
        (_, FloatTensor y) = Plain.Windows([0xFF, 0x00, 0xC3]);
        Assert.That(y.Values, Is.EqualTo(new float[] { 0, 0, 256, 1, 196, 0 }));
    }

    [Test]
    public void Windows_OfNothing_AreRefused() =>
        Assert.That(() => Plain.Windows([]), Throws.ArgumentException.With.Message.StartsWith("Expected a text, got an empty one."));

    // At each position: the last byte; behind the last two earlier "abc", then behind the last two earlier "c" and so on.
    [Test]
    public void Windows_WithOrders_ShowWhatStoodBehindEarlierOccurrences()
    {
        (FloatTensor x, _) = Copying.Windows("abcXabcYabc"u8);
        (FloatTensor end, int position) = Copying.End("abcXabcYabc"u8);

        Assert.That(x.Shape, Is.EqualTo(new[] { 3, 6, 5 }));
        // row 11 asks for the Y: the order 3 found X once, the order 1 too
        Assert.That(Shown(x)[(11 * 5)..][..5], Is.EqualTo("cX.X."));
        Assert.That(Shown(end)[(position * 5)..][..5], Is.EqualTo("cYXYX"));
    }

    [Test]
    public void Windows_WithSomethingReadBefore_CopyFromItButDoNotShowIt()
    {
        (FloatTensor x, _) = Copying.Windows("abcd"u8, before: "abcZ"u8);

        // "a" was seen before, behind it "b"; what is shown begins with the text.
        Assert.That(Shown(x)[(2 * 5)..][..5], Is.EqualTo("....."));
        Assert.That(Shown(x)[(3 * 5)..][..5], Is.EqualTo("a..b."));
        Assert.That(Shown(x)[(5 * 5)..][..5], Is.EqualTo("cZ.Z."));
    }

    [Test]
    public void Windows_WhateverAByteIs_ShowNothingOfItBeforeItsTurn()
    {
        byte[] text = Encoding.UTF8.GetBytes("to be or not to be, that is the question: to be");
        (FloatTensor x, FloatTensor y) = Copying.Windows(text);
        for (int changed = 0; changed < text.Length; changed++)
        {
            byte[] other = [.. text];
            other[changed] ^= 0x55;
            (FloatTensor otherX, _) = Copying.Windows(other);
            for (int row = 0; row < y.Count; row++)
            {
                int target = ((row / 6) * 4) - 2 + (row % 6);
                if (target <= changed)
                {
                    Assert.That(
                        otherX.Values[(row * 5)..((row + 1) * 5)],
                        Is.EqualTo(x.Values[(row * 5)..((row + 1) * 5)]),
                        $"byte {changed} is seen at position {row} by the target {target}"
                    );
                }
            }
        }
    }

    [TestCase("")]
    [TestCase("a")]
    [TestCase("abcd")]
    [TestCase("abcdefghijk")]
    public void End_OfAText_IsWhatAWindowShowsWhoseNextTargetIsUnknown(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        (FloatTensor end, int position) = Copying.End(bytes);
        // the same bytes with one more, which nothing before it shows
        (FloatTensor x, FloatTensor y) = Copying.Windows([.. bytes, (byte)'!']);
        int last = Array.FindLastIndex(y.Values, code => code == '!' + 1);
        int shown = Math.Min(bytes.Length, last % 6) + 1;
        float[] expected = x.Values[((last + 1 - shown) * 5)..((last + 1) * 5)];

        Assert.That(end.Values[((position + 1 - shown) * 5)..((position + 1) * 5)], Is.EqualTo(expected));
    }

    [Test]
    public void BitsPerByte_OfScores_IsTheMeanOverTargets()
    {
        // One of four equally likely codes takes 2 bits, one of two 1 bit, and what is no target nothing.
        FloatTensor scores = new([1, 3, 4], [0, 0, 0, 0, -100, 5, 5, -100, 9, 9, 9, 9]);
        FloatTensor targets = new([1, 3], [1, 2, 0]);

        Assert.That(LanguagePreprocessing.BitsPerByte(scores, targets), Is.EqualTo(1.5).Within(1e-6));
        Assert.That(
            () => LanguagePreprocessing.BitsPerByte(scores, FloatTensor.Zeros(1, 3)),
            Throws.ArgumentException.With.Message.StartsWith("Expected at least one byte to predict, got none.")
        );
    }

    [Test]
    public void Preprocessing_OfLanguages_SurvivesJson()
    {
        string json = JsonSerializer.Serialize(Preprocessing.ForLanguage(Copying));
        Preprocessing back = JsonSerializer.Deserialize<Preprocessing>(json)!;

        Assert.That(back.Language!.Length, Is.EqualTo(6));
        Assert.That(back.Language.Orders, Is.EqualTo(new[] { 3, 1 }));
        Assert.That(back.Validate(), Is.Empty);
    }

    [Test]
    public void Validate_OfFaultySettings_SaysAll() =>
        Assert.That(
            new LanguagePreprocessing { Length = 0, Orders = [0, 33] }.Validate(),
            Is.EqualTo(
                new[]
                {
                    "length must be between 1 and 4096, got 0.",
                    "context must be at least 0 and below length, 0, got 32.",
                    "orders must be different numbers between 1 and 32, got [0, 33].",
                }
            )
        );

    private static string Shown(FloatTensor codes) => string.Concat(codes.Values.Select(code => code == 0 ? '.' : (char)((int)code - 1)));
}
