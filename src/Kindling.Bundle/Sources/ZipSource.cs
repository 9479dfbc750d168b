using System.IO.Compression;

namespace Kindling.Bundles;

/// <summary>A bundle that is a zip file. All entry names are checked on opening, whoever listed them.</summary>
internal sealed class ZipSource : IBundleSource
{
    private const int MaximumEntries = 10_000;
    private const int UnixTypeMask = 0xF000;
    private const int UnixLink = 0xA000;

    private readonly Lock _lock = new();
    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);

    public ZipSource(string path)
    {
        Path = path;
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            _archive = new ZipArchive(stream, ZipArchiveMode.Read);
            Index();
        }
        catch (InvalidDataException e)
        {
            stream.Dispose();
            throw new BundleException($"{path}: not a readable zip file. {e.Message}", e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public string Path { get; }

    public bool Exists(string name) => _entries.ContainsKey(name);

    public byte[] Read(string name, long most)
    {
        // A zip archive reads through one stream.
        lock (_lock)
        {
            ZipArchiveEntry entry = _entries[name];
            if (entry.Length > most)
            {
                throw new BundleException($"{Describe(name)}: at most {most} bytes are read, the entry says {entry.Length}.");
            }

            try
            {
                // The buffer grows with what arrives: an entry that claims a huge length costs nothing.
                using Stream stream = entry.Open();
                using MemoryStream buffer = new((int)Math.Min(entry.Length, 1 << 20));
                byte[] piece = new byte[81920];
                for (int read; (read = stream.Read(piece)) > 0; )
                {
                    if (buffer.Length + read > entry.Length)
                    {
                        throw new BundleException($"{Describe(name)}: the entry holds more than the {entry.Length} bytes that it says.");
                    }

                    buffer.Write(piece, 0, read);
                }

                return buffer.Length == entry.Length
                    ? buffer.ToArray()
                    : throw new BundleException($"{Describe(name)}: expected {entry.Length} bytes, the entry ends after {buffer.Length}.");
            }
            catch (InvalidDataException e)
            {
                throw new BundleException($"{Describe(name)}: the entry cannot be unpacked. {e.Message}", e);
            }
        }
    }

    public string Describe(string name) => $"{Path}!{name}";

    public void Dispose() => _archive.Dispose();

    private void Index()
    {
        if (_archive.Entries.Count > MaximumEntries)
        {
            throw new BundleException($"{Path}: at most {MaximumEntries} entries, got {_archive.Entries.Count}.");
        }

        foreach (ZipArchiveEntry entry in _archive.Entries)
        {
            string name = entry.FullName;
            bool folder = name.EndsWith('/');
            string file = folder ? name[..^1] : name;
            if (file != BundleManifest.FileName && BundlePath.Fault(file) is { } fault)
            {
                throw new BundleException($"{Path}: the entry '{name}' {fault}.");
            }

            if (((entry.ExternalAttributes >> 16) & UnixTypeMask) == UnixLink)
            {
                throw new BundleException($"{Path}: the entry '{name}' is a link, which is refused.");
            }

            if (!folder && !_entries.TryAdd(name, entry))
            {
                throw new BundleException($"{Path}: the entry '{name}' appears twice.");
            }
        }
    }
}
