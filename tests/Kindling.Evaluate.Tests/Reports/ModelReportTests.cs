using System.Globalization;
using System.Xml.Linq;
using Kindling.Bundles;
using Kindling.Evaluate.Reports;
using Kindling.Tasks;
using SkiaSharp;

namespace Kindling.Evaluate.Tests.Reports;

/// <summary>Pages of bundles that were trained for moments, read with a parser.</summary>
public sealed class ModelReportTests
{
    private static readonly EvaluationOptions Options = new() { Episodes = 4, Seed = 3 };

    [Test]
    public void Write_Classification_HoldsTheEvaluationAndPicturesOfEveryPart()
    {
        using TinyBundle characters = TinyBundle.Characters("support");
        (ModelReport report, XElement page) = Write(characters, characters.Checkpoint);

        EvaluationReport evaluation = Evaluator.Evaluate(characters.Path, Options);
        Assert.That(
            page.Descendants("section").Select(s => s.Attribute("id")?.Value).OfType<string>(),
            Is.EqualTo(new[] { "results", "training", "examples", "confusion", "calibration", "recipe", "provenance" })
        );
        XElement results = Table(page, "results");
        Assert.That(
            results.Element("caption")!.Value,
            Does.Contain("4 test tasks, 3-way 2-shot, 5 queries a class, seed 3, 2 steps, query examples one at a time, ONNX Runtime")
        );
        string[] last = [.. results.Descendants("tr").Last().Elements().Select(c => c.Value)];
        Assert.That(last[..3], Is.EqualTo(new[] { "2", Figure(evaluation.Inductive), Figure(evaluation.Transductive) }));
        Assert.That(last[3..5], Is.EqualTo(new[] { Figure(evaluation.Baselines["random"]), Figure(evaluation.Baselines["joint"]) }));

        // 4 tasks x 3 classes x 5 queries; the shares of right answers are the evaluation's.
        XElement confusion = Table(page, "confusion");
        int[][] counts =
        [
            .. confusion.Element("tbody")!.Elements("tr").Select(r => r.Elements("td").Select(c => int.Parse(c.Value)).ToArray()),
        ];
        Assert.That(counts.Sum(r => r.Sum()), Is.EqualTo(60));
        Assert.That(counts.Select((r, i) => r[i]).Sum() / 60.0, Is.EqualTo(evaluation.Inductive.Mean[^1]).Within(1e-9));
        Assert.That(
            Table(page, "calibration").Descendants("tr").Skip(1).Sum(r => int.Parse(r.Elements("td").First().Value)),
            Is.EqualTo(60)
        );

        // 3 tasks, 3 classes, 2 supports and the first 3 queries of each.
        Assert.That(Section(page, "examples").Descendants("img").Count(), Is.EqualTo(3 * 3 * (2 + 3)));
        Assert.That(Section(page, "training").Descendants("img").Count(), Is.EqualTo(2));
        Assert.That(Section(page, "recipe").Element("pre")!.Value, Does.Contain("\"name\": \"tiny\""));
        Assert.That(
            Section(page, "provenance").Value,
            Does.Contain("2026-01-02 03:04 UTC").And.Contain("the tiny one").And.Contain("Time in training")
        );
        Assert.That(
            report.WritePlots(Folder(characters)).Select(Path.GetFileName),
            Is.EqualTo(new[] { "training-loss.png", "training-validation.png", "steps.png", "confusion.png", "calibration.png" })
        );
    }

    [Test]
    public void Write_Curves_DrawsThemAndPredictedByTrueValues()
    {
        using TinyBundle curves = TinyBundle.Curves();
        (ModelReport report, XElement page) = Write(curves, training: null);

        string[] plots = [.. report.WritePlots(Folder(curves))];
        Assert.That(
            plots.Select(Path.GetFileName),
            Is.EqualTo(new[] { "steps.png", "curve-1.png", "curve-2.png", "curve-3.png", "predicted-true.png" })
        );
        Assert.That(plots[1..4].Select(File.ReadAllBytes), Is.Unique, "each curve is another one");
        using SKBitmap picture = SKBitmap.Decode(plots[0]);
        Assert.That((picture.Width, picture.Height), Is.EqualTo((1280, 960)));
        Assert.That(Section(page, "training").Descendants("img"), Is.Empty);
        Assert.That(Section(page, "training").Value, Does.Contain("a bundle does not carry it"));
        Assert.That(Section(page, "calibration").Value, Does.Contain("20 true values"));
    }

    [Test]
    public void Write_RegressionOfATable_ListsTrueAndPredictedValues()
    {
        using TinyBundle folder = TinyBundle.Lines();
        string csv = folder.Write(
            "lines.csv",
            "task,x,label\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"t{i / 4},{i % 4},{(i % 4) * (1 + (i / 4))}\n"))
        );
        using TinyBundle table = TinyBundle.Table(csv);
        (_, XElement page) = Write(table, training: null);
        XElement example = Table(page, "examples");
        Assert.That(
            example.Element("thead")!.Descendants("th").Select(h => h.Value),
            Is.EqualTo(new[] { "query", "input", "true", "before", "after" })
        );
        Assert.That(example.Descendants("tr").Count(), Is.EqualTo(3), "two queries");
    }

    [Test]
    public void Write_Detector_ShowsWhatItFinds()
    {
        using TrainedBundle bundle = new(
            """{ "type": "detector", "filters": 8, "groups": 2, "normalization": "group" }""",
            """{ "type": "scenes", "ways": 2, "shots": 1, "queries": 2, "trainClasses": 4, "validationClasses": 3, "testClasses": 3 }""",
            """{ "rate": 0.01, "steps": 1, "adaptationSteps": 2, "loss": "detection" }"""
        );
        ModelReport report = ModelReport.Create(new ReportSource { Bundle = bundle.Path, Subject = "here" }, Options, new FixedTime());
        string folder = Path.GetDirectoryName(bundle.Path)!;
        report.Write(Path.Combine(folder, "report.html"));
        XElement page = XDocument.Load(Path.Combine(folder, "report.html")).Root!;

        Assert.That(
            page.Descendants("section").Select(s => s.Attribute("id")?.Value),
            Is.EqualTo(new[] { "results", "training", "examples", "recipe", "provenance" })
        );
        Assert.That(
            Table(page, "results").Element("caption")!.Value,
            Does.StartWith(
                "Mean average precision at 0.5 in % with 95 % intervals. 4 test tasks of 2 classes, 1 support and 2 query pictures"
            )
        );
        string[] plots = [.. report.WritePlots(Path.Combine(folder, "plots"))];
        Assert.That(plots.Select(Path.GetFileName), Is.EqualTo(new[] { "steps.png", "found.png" }));
        using SKBitmap sheet = SKBitmap.Decode(plots[1]);
        Assert.That(sheet.Height, Is.GreaterThan(4 * 224), "a row for each task");
    }

    // What is true of any page: it loads nothing, and says in words what its pictures show.
    [TestCase(true)]
    [TestCase(false)]
    public void Write_AnyPage_StandsAloneAndIsAccessible(bool classification)
    {
        using TinyBundle bundle = classification ? TinyBundle.Characters("layer") : TinyBundle.Curves();
        (_, XElement page) = Write(bundle, bundle.Checkpoint);
        Assert.That(page.Descendants("script"), Is.Empty);
        Assert.That(page.Descendants("link"), Is.Empty);
        XElement[] pictures = [.. page.Descendants("img")];
        Assert.That(pictures.Select(p => p.Attribute("alt")!.Value), Has.All.Not.Empty);
        Assert.That(pictures.Select(p => p.Attribute("src")!.Value), Has.All.StartsWith("data:image/png;base64,iVBOR"));
        Assert.That(page.Descendants("style").Single().Value, Does.Not.Contain("url(").And.Not.Contain("@import"));
        Assert.That(page.Descendants("style").Single().Value.IndexOfAny(['<', '&', '>']), Is.EqualTo(-1), "would be escaped");
        Assert.That(
            page.Descendants("table")
                .All(t => t.Element("caption") is not null && t.Descendants("th").All(h => h.Attribute("scope") is not null))
        );
        Assert.That(page.Descendants("h1").Count(), Is.EqualTo(1));
        string[] targets = [.. page.Descendants("a").Select(a => a.Attribute("href")!.Value)];
        Assert.That(
            targets,
            Is.EqualTo(page.Descendants("section").Select(s => s.Attribute("id")).OfType<XAttribute>().Select(i => $"#{i.Value}"))
        );
        Assert.That(page.Attribute("lang")!.Value, Is.EqualTo("en"));
    }

    [Test]
    public void Classification_HostileClassNames_StayText()
    {
        const string Hostile = "</figcaption><img src=x onerror=alert(1)>\"'&";
        Episode episode = new()
        {
            SupportX = new FloatTensor([2, 1, 2, 2], [0, 1, 0.5f, 2, 1, 1, 1, 1]),
            SupportY = new FloatTensor([2], [0, 1]),
            QueryX = new FloatTensor([2, 1, 2, 2], new float[8]),
            QueryY = new FloatTensor([2], [0, 1]),
            Classes = ["a", Hostile],
        };
        FloatTensor outputs = new([2, 2], [0, 2, 0, 2]);
        ItemPicture picture = new(Preprocessing.ForImage(new ImagePreprocessing { Width = 2, Height = 2 }));
        XElement part = ExampleTasks.Classification(1, episode, new(episode.Classes, episode.QueryY, outputs, outputs), picture);
        XElement read = XDocument.Parse(Html.ToText(part)).Root!;
        Assert.That(read.Descendants("img").Count(), Is.EqualTo(4));
        string[] captions = [.. read.Descendants("figcaption").Select(c => c.Value)];
        Assert.That(captions, Is.EqualTo(new[] { "a", Hostile, $"✗\u00A0{Hostile}, 88\u00A0%; it is a", $"✓\u00A0{Hostile}, 88\u00A0%" }));
        string source = read.Descendants("img").First().Attribute("src")!.Value;
        using SKBitmap pixels = SKBitmap.Decode(Convert.FromBase64String(source["data:image/png;base64,".Length..]));
        Assert.That(
            new[] { pixels.GetPixel(0, 0).Red, pixels.GetPixel(1, 0).Green, pixels.GetPixel(0, 1).Blue, pixels.GetPixel(1, 1).Red },
            Is.EqualTo(new byte[] { 0, 255, 128, 255 })
        );
    }

    [Test]
    public void Draw_InputThatIsNoPicture_IsALineForEachChannel()
    {
        XElement svg = new ItemPicture(Preprocessing.None).Draw(new FloatTensor([1, 2, 3], [0, 1, 2, 2, 1, 0]), 0, "two lines");
        Assert.That(
            svg.Elements("polyline").Select(l => l.Attribute("points")!.Value),
            Is.EqualTo(new[] { "0,60 60,30 120,0", "0,0 60,30 120,60" })
        );
        Assert.That((svg.Attribute("role")!.Value, svg.Attribute("aria-label")!.Value), Is.EqualTo(("img", "two lines")));
    }

    private static (ModelReport Report, XElement Page) Write(TinyBundle bundle, string? training)
    {
        ReportSource source = new()
        {
            Bundle = bundle.Path,
            Subject = "the tiny one",
            Training = training,
        };
        ModelReport report = ModelReport.Create(source, Options, new FixedTime());
        string path = Path.Combine(Folder(bundle), "report.html");
        report.Write(path);
        return (report, XDocument.Load(path).Root!);
    }

    private static string Folder(TinyBundle bundle) => Path.Combine(Path.GetDirectoryName(bundle.Path)!, "report");

    private static XElement Section(XElement page, string id) => page.Descendants("section").Single(s => s.Attribute("id")?.Value == id);

    private static XElement Table(XElement page, string id) => Section(page, id).Descendants("table").First();

    private static string Figure(MetricSeries series) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * series.Mean[^1]:0.00} ± {100 * series.Ci95[^1]:0.00}");

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    }
}
