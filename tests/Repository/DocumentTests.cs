namespace Kindling.Repository.Tests;

/// <summary>Documents quote programs that are built with the solution; a quote that differs would not be compiled.</summary>
public sealed class DocumentTests
{
    private static readonly (string Document, string Program)[] Quotes = [("docs/your-own-data.md", "tools/samples/OwnData/Program.cs")];

    [Test]
    public void CodeBlocks_OfDocuments_AreTheSamplesThatAreBuilt()
    {
        foreach ((string document, string program) in Quotes)
        {
            string[] blocks = [.. Blocks(File.ReadAllText(Root.Combine(document)))];

            Assert.That(blocks, Is.EqualTo(new[] { File.ReadAllText(Root.Combine(program)) }), document);
        }
    }

    [Test]
    public void Documents_WithCodeBlocks_AreAllListed()
    {
        string[] documents =
        [
            .. Root.TrackedFiles()
                .Where(file => file.StartsWith("docs/", StringComparison.Ordinal) && file.EndsWith(".md", StringComparison.Ordinal))
                .Where(file => Blocks(File.ReadAllText(Root.Combine(file))).Any()),
        ];

        Assert.That(documents, Is.SubsetOf(Quotes.Select(quote => quote.Document)));
    }

    private static IEnumerable<string> Blocks(string text) =>
        text.Split("```csharp\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]);
}
