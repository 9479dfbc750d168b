using System.IO.Compression;
using System.Security.Cryptography;

namespace Kindling.Bundles;

/// <summary>
/// Writes a bundle: all files go into a folder with a temporary name beside the target, which takes the target's place in <see cref="Complete"/>.
/// Disposed before that, it leaves nothing behind.
/// </summary>
/// <remarks>Not thread-safe. A target whose name ends with <c>.kindling</c> becomes a zip file, any other a folder; what was there is replaced.</remarks>
public sealed class BundleWriter : IDisposable
{
    private static readonly DateTimeOffset ZipTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _target;
    private readonly string _folder;
    private readonly Dictionary<string, string> _hashes = new(StringComparer.Ordinal);
    private bool _closed;

    /// <summary>Begins a bundle.</summary>
    /// <param name="path">Target folder, or target file ending with <c>.kindling</c>.</param>
    public BundleWriter(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _folder = AtomicFile.TemporarySibling(_target);
        Directory.CreateDirectory(_folder);
    }

    /// <summary>SHA-256 (lower-case hex) of the files so far.</summary>
    public IReadOnlyDictionary<string, string> Hashes => _hashes;

    /// <summary>Adds a file.</summary>
    /// <param name="name">Name within the bundle, parts separated by <c>/</c>.</param>
    /// <param name="write">Writes its content.</param>
    public void Add(string name, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(write);
        ObjectDisposedException.ThrowIf(_closed, this);
        if (BundlePath.Fault(name) is { } fault)
        {
            throw new ArgumentException($"The file '{name}' {fault}.", nameof(name));
        }

        if (_hashes.ContainsKey(name))
        {
            throw new ArgumentException($"The file '{name}' was added already.", nameof(name));
        }

        string path = Path.Combine(_folder, name);
        AtomicFile.Write(path, write);
        using FileStream stream = File.OpenRead(path);
        _hashes.Add(name, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    /// <summary>Adds a file.</summary>
    public void Add(string name, ReadOnlyMemory<byte> bytes) => Add(name, stream => stream.Write(bytes.Span));

    /// <summary>Adds a safetensors file.</summary>
    public void AddTensors(
        string name,
        IReadOnlyDictionary<string, FloatTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        IReadOnlyDictionary<string, TensorStorage>? storage = null
    ) => Add(name, stream => SafetensorsFile.Write(stream, tensors, metadata, storage));

    /// <summary>Writes the manifest with the hashes of all files, lets <paramref name="verify"/> look at the result, and puts the bundle in place.</summary>
    /// <param name="manifest">The manifest; its <see cref="BundleManifest.Files"/> are filled in here.</param>
    /// <param name="verify">Gets the temporary folder; when it throws, the target stays as it was. May be null.</param>
    /// <returns>The manifest as written.</returns>
    /// <exception cref="BundleException">The manifest has faults or a required file is missing.</exception>
    public BundleManifest Complete(BundleManifest manifest, Action<string>? verify = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ObjectDisposedException.ThrowIf(_closed, this);
        BundleManifest complete = manifest with { Files = new SortedDictionary<string, string>(_hashes, StringComparer.Ordinal) };
        AtomicFile.Write(Path.Combine(_folder, BundleManifest.FileName), complete.ToJson());
        using (BundleFiles back = BundleFiles.Open(_folder))
        {
            // Read back as an app will read it: faults of the manifest and missing files are found here.
            _ = back.VerifyAll();
        }

        verify?.Invoke(_folder);
        if (_target.EndsWith(BundleFiles.ZipExtension, StringComparison.OrdinalIgnoreCase))
        {
            AtomicFile.Write(_target, Zip);
            Dispose();
        }
        else
        {
            Replace();
            _closed = true;
        }

        return complete;
    }

    /// <summary>Removes what was written unless the bundle is complete.</summary>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            Directory.Delete(_folder, recursive: true);
        }
    }

    private void Zip(Stream stream)
    {
        using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (string name in _hashes.Keys.Append(BundleManifest.FileName).Order(StringComparer.Ordinal))
        {
            ZipArchiveEntry entry = archive.CreateEntry(name, CompressionLevel.Optimal);
            entry.LastWriteTime = ZipTime;
            using Stream target = entry.Open();
            using FileStream source = File.OpenRead(Path.Combine(_folder, name));
            source.CopyTo(target);
        }
    }

    private void Replace()
    {
        if (!Directory.Exists(_target))
        {
            Directory.Move(_folder, _target);
            return;
        }

        // A folder cannot be renamed onto another: the old one steps aside, and comes back if the new one cannot take its place.
        string old = AtomicFile.TemporarySibling(_target);
        Directory.Move(_target, old);
        try
        {
            Directory.Move(_folder, _target);
        }
        catch
        {
            Directory.Move(old, _target);
            throw;
        }

        Directory.Delete(old, recursive: true);
    }
}
