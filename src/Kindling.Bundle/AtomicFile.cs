namespace Kindling.Bundles;

/// <summary>
/// Writes files so that a reader sees either the old content or all of the new one: temporary name in the same folder, flushed to disk, renamed.
/// </summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/>, replacing a file that is there; missing folders are made.</summary>
    /// <param name="path">Final path.</param>
    /// <param name="write">Writes the content; when it throws, the old file stays and nothing is left behind.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string temporary = TemporarySibling(full);
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes <paramref name="bytes"/> to <paramref name="path"/>.</summary>
    public static void Write(string path, ReadOnlyMemory<byte> bytes) => Write(path, stream => stream.Write(bytes.Span));

    /// <summary>A name in the same folder that nothing has; dot files are skipped by most listings.</summary>
    internal static string TemporarySibling(string fullPath) =>
        Path.Combine(Path.GetDirectoryName(fullPath)!, $".{Path.GetFileName(fullPath)}.{Path.GetRandomFileName()}.tmp");
}
