using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>Pascal VOC: an XML file for each picture.</summary>
internal static class VocAnnotations
{
    private const string Sets = "ImageSets/Main";

    private static readonly string[] Official = ["train", "test"];

    public static IReadOnlyList<AnnotatedPictures.Annotation> Read(string folder, string[] files)
    {
        Dictionary<string, string> parts = Parts(folder);
        return [.. files.Select(file => ReadFile(file, parts))];
    }

    // a picture of several lists, as train and trainval, is of train or test if those have it, else of the first one in ordinal order
    private static Dictionary<string, string> Parts(string folder)
    {
        Dictionary<string, string> parts = new(StringComparer.Ordinal);
        string lists = Path.Combine(folder, Sets);
        string[] all = Directory.Exists(lists) ? Directory.GetFiles(lists, "*.txt") : [];
        foreach (string list in all.OrderByDescending(IsOfficial).ThenBy(list => list, StringComparer.Ordinal))
        {
            string part = Path.GetFileNameWithoutExtension(list);
            foreach (string name in File.ReadLines(list).Select(line => line.Trim()).Where(line => line.Length > 0))
            {
                if (!parts.TryAdd(name, part) && IsOfficial(list) && parts[name] != part)
                {
                    throw new BundleException($"'{list}': '{name}' is in {parts[name]}.txt too: expected it in one of them.");
                }
            }
        }

        return parts;
    }

    private static bool IsOfficial(string list) => Official.Contains(Path.GetFileNameWithoutExtension(list));

    private static AnnotatedPictures.Annotation ReadFile(string file, Dictionary<string, string> parts)
    {
        XElement root = Load(file);
        string stem = Path.GetFileNameWithoutExtension(file);
        string picture = Text(root.Element("filename")) is { Length: > 0 } name ? name : stem;
        return new AnnotatedPictures.Annotation(
            picture,
            Place(file, root),
            [.. root.Elements("object").Select(item => (Object(file, item), Place(file, item)))],
            parts.GetValueOrDefault(stem)
        );
    }

    private static XElement Load(string file)
    {
        try
        {
            using XmlReader reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            return XDocument.Load(reader, LoadOptions.SetLineInfo).Root!;
        }
        catch (XmlException e)
        {
            throw new BundleException($"'{file}', line {e.LineNumber}: not well-formed XML. {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{file}' cannot be read: {e.Message}", e);
        }
    }

    private static LabelledBox Object(string file, XElement item)
    {
        string label = Text(item.Element("name"));
        if (label.Length == 0)
        {
            throw new BundleException($"{Place(file, item)}: an object has no name.");
        }

        XElement box = item.Element("bndbox") ?? throw new BundleException($"{Place(file, item)}: '{label}' has no bndbox.");
        return new LabelledBox(label, new Box(Edge("xmin"), Edge("ymin"), Edge("xmax"), Edge("ymax")));

        float Edge(string name)
        {
            XElement edge = box.Element(name) ?? throw new BundleException($"{Place(file, box)}: the box of '{label}' has no {name}.");
            return float.TryParse(Text(edge), NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
                ? value
                : throw new BundleException($"{Place(file, edge)}: {name} must be a number, got '{Text(edge)}'.");
        }
    }

    private static string Text(XElement? element) => element?.Value.Trim() ?? "";

    private static string Place(string file, XElement element) => $"'{file}', line {((IXmlLineInfo)element).LineNumber}";
}
