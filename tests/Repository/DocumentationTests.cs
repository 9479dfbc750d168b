namespace Kindling.Repository.Tests;

/// <summary>What documents show is what is compiled, and what they point at is there.</summary>
public sealed class DocumentationTests
{
    private static IEnumerable<string> Documents => Root.TrackedFiles().Where(file => file.EndsWith(".md", StringComparison.Ordinal));

    [Test]
    public void CodeBlocks_InCSharp_AreCompiledSamples()
    {
        string[] samples =
        [
            .. Root.TrackedFiles()
                .Where(file =>
                    file.StartsWith("tools/samples/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)
                )
                .Select(file => File.ReadAllText(Root.Combine(file))),
        ];
        int blocks = 0;
        foreach (string document in Documents)
        {
            foreach (string block in CodeBlocks(File.ReadAllLines(Root.Combine(document))))
            {
                blocks++;
                Assert.That(
                    samples.Any(sample => sample.Contains(block, StringComparison.Ordinal)),
                    $"{document}: no sample holds\n{block}"
                );
            }
        }

        Assert.That(blocks, Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public void Links_ToFiles_Exist()
    {
        List<string> broken = [];
        foreach (string document in Documents)
        {
            string folder = Path.GetDirectoryName(Root.Combine(document))!;
            broken.AddRange(
                Links(File.ReadAllText(Root.Combine(document)))
                    .Where(link => !File.Exists(Path.Combine(folder, link)) && !Directory.Exists(Path.Combine(folder, link)))
                    .Select(link => $"{document}: {link}")
            );
        }

        Assert.That(broken, Is.Empty);
    }

    private static IEnumerable<string> CodeBlocks(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i] == "```csharp")
            {
                string[] block = [.. lines.Skip(i + 1).TakeWhile(line => line != "```")];
                i += block.Length + 1;
                yield return string.Join('\n', block);
            }
        }
    }

    // [text](target) without a scheme
    private static IEnumerable<string> Links(string text)
    {
        for (int at = text.IndexOf("](", StringComparison.Ordinal); at >= 0; at = text.IndexOf("](", at + 1, StringComparison.Ordinal))
        {
            int end = text.IndexOf(')', at);
            string target = end < 0 ? "" : text[(at + 2)..end].Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            {
                yield return target;
            }
        }
    }
}
