using System.Xml.Linq;
using Kindling.Evaluate.Reports;

namespace Kindling.Evaluate.Tests.Reports;

public sealed class HtmlTests
{
    private const string Hostile = "<script>alert('x')</script> & \"q\" ]]> <!--";

    [Test]
    public void ToText_HostileTextAndAttribute_AreNoMarkup()
    {
        string text = Html.ToText(Html.Element("p", Html.Attribute("title", Hostile), Hostile));
        Assert.That(text, Does.Not.Contain("<script"));
        XElement read = XDocument.Parse(text).Root!;
        Assert.That((read.Value, read.Attribute("title")!.Value), Is.EqualTo((Hostile, Hostile)));
        Assert.That(read.Elements(), Is.Empty);
    }

    // A control character, half of a surrogate pair, a character that XML has none of; a whole pair stays.
    [Test]
    public void ToText_WhatXmlCannotHold_IsReplaced()
    {
        const string Unusual = "a\u0001b\uD83Dc\uFFFFd\U0001F600e";
        const string Expected = "a\uFFFDb\uFFFDc\uFFFDd\U0001F600e";
        XElement element = Html.Element("p", Html.Attribute("title", Unusual), new[] { Unusual });
        XElement read = XDocument.Parse(Html.ToText(element)).Root!;
        Assert.That((read.Value, read.Attribute("title")!.Value), Is.EqualTo((Expected, Expected)));
    }

    // A reader of HTML takes <td/> for a tag that stays open, and </img> for a fault.
    [Test]
    public void ToText_ElementsWithoutContent_AreClosedAsHtmlWantsIt() =>
        Assert.That(
            Html.ToText(Html.Element("p", Html.Element("td"), Html.Element("img"))),
            Is.EqualTo("<!DOCTYPE html>\n<p><td></td><img /></p>\n")
        );

    [Test]
    public void Table_OfRows_HasHeadersOfColumnsAndRows()
    {
        XElement table = Html.Table(
                "what it shows",
                ["a", "b"],
                [
                    ["x", 1],
                    ["y", Html.Element("td", Html.Attribute("class", "c"), 2)],
                ]
            )
            .Element("table")!;
        Assert.That(table.Element("caption")!.Value, Is.EqualTo("what it shows"));
        Assert.That(
            table.Descendants("th").Select(h => $"{h.Attribute("scope")!.Value} {h.Value}"),
            Is.EqualTo(new[] { "col a", "col b", "row x", "row y" })
        );
        Assert.That(table.Descendants("td").Select(c => c.Value), Is.EqualTo(new[] { "1", "2" }));
    }
}
