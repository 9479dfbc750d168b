using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Kindling.Evaluate.Reports;

/// <summary>
/// Elements of a page. All text and all attributes are escaped by System.Xml, so no name that comes with data can become markup; the page is read
/// as HTML and as XML alike.
/// </summary>
internal static class Html
{
    private static readonly HashSet<string> Void = new(StringComparer.Ordinal) { "img", "meta" };

    /// <summary>An element of attributes, text (any object but an element) and other elements; nulls and nested lists are allowed.</summary>
    public static XElement Element(string name, params object?[] content) => new(name, Clean(content));

    /// <summary>An attribute.</summary>
    public static XAttribute Attribute(string name, string value) => new(name, Clean(value));

    /// <summary>A picture within the page.</summary>
    public static XElement Image(byte[] png, string alternative, string style) =>
        Element(
            "img",
            Attribute("class", style),
            Attribute("alt", alternative),
            Attribute("src", $"data:image/png;base64,{Convert.ToBase64String(png)}")
        );

    /// <summary>A table: a caption, a row of column headers, and rows whose first cell is their header.</summary>
    public static XElement Table(string caption, IEnumerable<string> columns, IEnumerable<IEnumerable<object>> rows) =>
        Element(
            "div",
            Attribute("class", "wide"),
            Element(
                "table",
                Element("caption", caption),
                Element("thead", Element("tr", columns.Select(c => Element("th", Attribute("scope", "col"), c)))),
                Element(
                    "tbody",
                    rows.Select(row =>
                        Element(
                            "tr",
                            row.Select((cell, i) => i == 0 ? Element("th", Attribute("scope", "row"), cell) : Cell(cell)).ToArray()
                        )
                    )
                )
            )
        );

    /// <summary>The page as text.</summary>
    public static string ToText(XElement page)
    {
        // <td/> would not be closed for a reader of HTML
        foreach (XElement element in page.DescendantsAndSelf().Where(e => e.IsEmpty && !Void.Contains(e.Name.LocalName)))
        {
            element.Value = "";
        }

        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    private static XElement Cell(object cell) => cell is XElement { Name.LocalName: "td" } ready ? ready : Element("td", cell);

    private static object? Clean(object? content) =>
        content switch
        {
            null or XObject => content,
            string text => Clean(text),
            System.Collections.IEnumerable list => list.Cast<object?>().Select(Clean).ToArray(),
            _ => Clean(content.ToString() ?? ""),
        };

    // What XML cannot hold at all, not even escaped: control characters, halves of surrogate pairs.
    private static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = clean.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString());
        }

        return clean.ToString();
    }
}
