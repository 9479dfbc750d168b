using System.Globalization;
using System.Text;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Cli;

/// <summary>What `predict` says of a text by a language model: how well the text is predicted, and what may come behind it.</summary>
internal static class LanguagePrediction
{
    private const int Words = 3;
    private const int Bytes = 5;

    /// <summary>A text that may be a file's name: the file's bytes, else the text's as UTF-8.</summary>
    public static byte[] Read(string text) => File.Exists(text) ? File.ReadAllBytes(text) : Encoding.UTF8.GetBytes(text);

    /// <summary>The text that a learner is to be adapted to.</summary>
    /// <exception cref="BundleException">It is no file.</exception>
    public static SupportSet Support(BundleManifest manifest, string path) =>
        File.Exists(path)
            ? SupportSet.FromText(manifest, File.ReadAllBytes(path))
            : throw new BundleException($"'{path}' is not there: a language model adapts to one text, expected a file.");

    /// <summary>Predicts; the result is what JSON shows and what people read.</summary>
    public static (object Json, string Text) Of(Learner learner, string name, ReadOnlySpan<byte> text, ReadOnlySpan<byte> before)
    {
        TextScore score = learner.Score(text, before);
        IReadOnlyList<NextWord> words = learner.NextWords(text, Words, before);
        IReadOnlyList<NextByte> bytes = learner.NextBytes(text, Bytes, before);
        object json = new
        {
            input = name,
            score.Bytes,
            score.BitsPerByte,
            score.Perplexity,
            nextWords = words.Select(word => new
            {
                word.Word,
                word.Rest,
                word.Probability,
            }),
            nextBytes = bytes.Select(next => new
            {
                Byte = next.Value,
                Text = Shown(next.Value),
                next.Probability,
            }),
        };
        string shown = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}\t{score.Bytes} bytes, {score.BitsPerByte:0.000} bits per byte, perplexity {score.Perplexity:0.00}"
        );
        return (
            json,
            string.Join(
                Environment.NewLine,
                shown,
                Line("next word", words.Select(w => (w.Word, w.Probability))),
                Line("next byte", bytes.Select(b => (Shown(b.Value), b.Probability)))
            )
        );
    }

    private static string Line(string what, IEnumerable<(string Text, float Probability)> all) =>
        $"  {what}  {string.Join("  ", all.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Text} {one.Probability:0.000}")))}";

    private static string Shown(byte value) =>
        value switch
        {
            (byte)'\n' => "\\n",
            (byte)' ' => "' '",
            > 32 and < 127 => $"{(char)value}",
            _ => $"0x{value:X2}",
        };
}
