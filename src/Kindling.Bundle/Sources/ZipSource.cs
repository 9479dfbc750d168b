using System.IO.Compression;

namespace Kindling.Bundles;

/// <summary>A bundle that is a zip file. All entry names are checked on opening, whoever listed them.</summary>
internal sealed class ZipSource : IBundleSource
{
    private const int MaximumEntries = 10_000;

    /// <summary>What any entry may inflate to.</summary>
    private const long AlwaysInflated = 32 << 20;

    /// <summary>How many times its packed size a larger entry may inflate to: numbers hardly shrink, and a few bytes shall not take gigabytes.</summary>
    private const int MostInflation = 4;
    private const int UnixTypeMask = 0xF000;
    private const int UnixLink = 0xA000;

    private readonly Lock _lock = new();
    private readonly ZipArchive _archive;
    private readonly long _packedBytes;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);

    public ZipSource(string path)
    {
        Path = path;
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            _packedBytes = stream.Length;
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

            long inflated = AlwaysInflated + (MostInflation * Math.Min(entry.CompressedLength, _packedBytes));
            if (entry.Length > inflated)
            {
                throw new BundleException(
                    $"{Describe(name)}: {entry.CompressedLength} bytes that inflate to {entry.Length} are refused, at most {inflated} are read; unpack the bundle into a folder."
                );
            }

            try
            {
                using Stream stream = entry.Open();
                byte[] bytes = new byte[entry.Length];
                int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
                if (read < bytes.Length)
                {
                    throw new BundleException($"{Describe(name)}: expected {bytes.Length} bytes, the entry ends after {read}.");
                }

                return stream.ReadByte() < 0
                    ? bytes
                    : throw new BundleException($"{Describe(name)}: the entry holds more than the {bytes.Length} bytes that it says.");
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
