using System.Globalization;
using Kindling.Graphs.Onnx.Proto;

namespace Kindling.Graphs.Onnx;

/// <summary>
/// Reads tensor contents that a model keeps in other files. A model is untrusted input, so only plain files inside its own folder are read: no
/// absolute paths, no "..", no links on the way.
/// </summary>
internal static class ExternalData
{
    /// <summary>The contents of a tensor kept in another file.</summary>
    /// <param name="proto">The tensor.</param>
    /// <param name="where">The tensor's name in messages.</param>
    /// <param name="folder">The model's folder, or null if it did not come from a file.</param>
    /// <param name="expected">Bytes that the tensor's sizes ask for.</param>
    public static byte[] Read(TensorProto proto, string where, string? folder, long expected)
    {
        string location = Entry(proto, "location") ?? throw new GraphException($"{where}: its external data names no location.");
        long offset = Number(proto, where, "offset") ?? 0;
        string path = Resolve(location, where, folder);
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new GraphException($"{where}: its external data '{location}' does not exist in the model's folder.");
        }

        long length = Number(proto, where, "length") ?? file.Length - offset;
        if (length != expected)
        {
            throw new GraphException($"{where}: expected {expected} bytes of external data, got {length} ('{location}').");
        }

        if (offset > file.Length - length)
        {
            throw new GraphException(
                $"{where}: its external data ends at byte {offset + length} of '{location}', which has {file.Length} bytes."
            );
        }

        byte[] bytes = new byte[length];
        if (length > 0)
        {
            using FileStream stream = file.OpenRead();
            stream.Position = offset;
            stream.ReadExactly(bytes);
        }

        return bytes;
    }

    private static string Resolve(string location, string where, string? folder)
    {
        if (folder is null)
        {
            throw new GraphException($"{where}: its external data '{location}' can not be read, the model did not come from a file.");
        }

        string[] parts = location.Split('/');
        if (location.Contains('\\') || location.Contains(':') || location.Contains('\0') || parts.Any(p => p is "" or "." or ".."))
        {
            throw new GraphException(
                $"{where}: its external data '{location}' is refused: expected a relative path inside the model's folder, with / and without . and .. parts."
            );
        }

        string path = folder;
        foreach (string part in parts)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new GraphException($"{where}: its external data '{location}' is refused: '{part}' is a link.");
            }
        }

        return path;
    }

    private static string? Entry(TensorProto proto, string key) => proto.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private static long? Number(TensorProto proto, string where, string key) =>
        Entry(proto, key) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= int.MaxValue * 4096L ? number
        : throw new GraphException($"{where}: {key} '{text}' of its external data is no number of bytes.");
}
