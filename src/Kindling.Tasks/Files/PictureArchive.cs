using System.IO.Compression;
using System.IO.Hashing;
using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>A zip file of small pictures and texts. Whatever is wrong with it is said by name.</summary>
internal sealed class PictureArchive : IDisposable
{
    /// <summary>Omniglot's have a few hundred bytes; the limit keeps a hostile entry from unpacking without end.</summary>
    private const int Limit = 1 << 20;

    private readonly ZipArchive _zip;

    private PictureArchive(string path, ZipArchive zip)
    {
        Path = path;
        _zip = zip;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Opens the file.</summary>
    /// <exception cref="BundleException">It is no zip file.</exception>
    public static PictureArchive Open(string path)
    {
        FileStream file = File.OpenRead(path);
        try
        {
            ZipArchive zip = new(file, ZipArchiveMode.Read);
            _ = zip.Entries; // reads the directory, which may be damaged
            return new PictureArchive(path, zip);
        }
        catch (InvalidDataException exception)
        {
            file.Dispose();
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Full names of the entries.</summary>
    public IEnumerable<string> Names => _zip.Entries.Select(e => e.FullName);

    /// <summary>The content of an entry.</summary>
    /// <exception cref="BundleException">There is none of this name, or it is damaged or too large.</exception>
    public byte[] Read(string name)
    {
        ZipArchiveEntry entry = _zip.GetEntry(name) ?? throw new BundleException($"'{Path}' holds no '{name}'.");
        if (entry.Length > Limit)
        {
            throw new BundleException($"'{Path}': '{name}' unpacks to {entry.Length} bytes, more than the {Limit} that are accepted.");
        }

        try
        {
            byte[] content = new byte[entry.Length];
            using Stream stream = entry.Open();
            stream.ReadExactly(content);
            uint sum = Crc32.HashToUInt32(content);
            return sum == entry.Crc32
                ? content
                : throw new BundleException($"'{Path}': '{name}' is damaged: its checksum is {sum:X8}, expected {entry.Crc32:X8}.");
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            throw Unreadable(Path, exception);
        }
    }

    public void Dispose() => _zip.Dispose();

    private static BundleException Unreadable(string path, Exception exception) =>
        new($"'{path}' is not a readable zip file: {exception.Message}", exception);
}
