namespace Kindling.Tasks.Control;

/// <summary>The robots that Kindling brings, in MuJoCo's XML.</summary>
internal static class EmbeddedModels
{
    /// <summary>The text of <c>Control/Models/NAME.xml</c>.</summary>
    public static string Read(string name)
    {
        using Stream stream = typeof(EmbeddedModels).Assembly.GetManifestResourceStream($"{name}.xml")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
