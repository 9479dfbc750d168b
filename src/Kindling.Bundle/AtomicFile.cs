namespace Kindling.Bundles;

/// <summary>
/// Writes files so that a reader sees either the old content or all of the new one: temporary name in the same folder, flushed to disk, renamed.
/// </summary>
public static class AtomicFile
{
    private const string Suffix = ".tmp";

    /// <summary>A temporary file that nobody has written to for so long is what a crash left.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(1);

    /// <summary>Writes <paramref name="path"/>, replacing a file that is there; missing folders are made.</summary>
    /// <remarks>
    /// A process that is killed leaves its temporary file; the next one that writes the same path removes it after a minute.
    /// </remarks>
    /// <param name="path">Final path.</param>
    /// <param name="write">Writes the content; when it throws, the old file stays and nothing is left behind.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        Sweep(full);
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

    /// <summary>Temporary files of a path and of its numbered generations: in use, or left by a crash.</summary>
    internal static IReadOnlyList<string> Temporaries(string path)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full)!;
        string prefix = Prefix(full);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Where(file => IsTemporary(Path.GetFileName(file), prefix))]
            : [];
    }

    // prefix, perhaps a number with a dot, then what Path.GetRandomFileName gives, and the suffix; other paths begin alike and end in more
    private static bool IsTemporary(string name, string prefix)
    {
        const int Random = 12;
        if (!name.StartsWith(prefix, StringComparison.Ordinal) || !name.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return false;
        }

        int number = name.Length - prefix.Length - Random - Suffix.Length;
        return number == 0
            || (
                number > 1
                && name[prefix.Length + number - 1] == '.'
                && name.AsSpan(prefix.Length, number - 1).IndexOfAnyExceptInRange('0', '9') < 0
            );
    }

    private static void Sweep(string full)
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        foreach (string file in Temporaries(full).Where(file => now - File.GetLastWriteTimeUtc(file) >= Abandoned))
        {
            try
            {
                // Whoever still writes it holds it.
                using FileStream orphan = new(
                    file,
                    FileMode.Open,
                    FileAccess.Write,
                    FileShare.None,
                    bufferSize: 1,
                    FileOptions.DeleteOnClose
                );
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, gone already, or not ours to remove: it does no harm.
            }
        }
    }

    /// <summary>A name in the same folder that nothing has; dot files are skipped by most listings.</summary>
    internal static string TemporarySibling(string fullPath) =>
        Path.Combine(Path.GetDirectoryName(fullPath)!, Prefix(fullPath) + Path.GetRandomFileName() + Suffix);

    private static string Prefix(string fullPath) => $".{Path.GetFileName(fullPath)}.";
}
