using System.Security.Cryptography;

namespace Kindling.Bundles;

/// <summary>
/// A bundle opened for reading: a folder, or a zip of one (<c>.kindling</c>). Every file is checked against its SHA-256 before its bytes are handed
/// out; links, paths out of the bundle and oversized files are refused.
/// </summary>
/// <remarks>Safe to use from several threads. Files that the manifest does not list are never read.</remarks>
public sealed class BundleFiles : IDisposable
{
    /// <summary>Extension of the zip form.</summary>
    public const string ZipExtension = ".kindling";

    /// <summary>Largest manifest that is read: 4 MiB.</summary>
    public const int MaximumManifestBytes = 4 << 20;

    private readonly IBundleSource _source;

    private BundleFiles(IBundleSource source, BundleManifest manifest)
    {
        _source = source;
        Manifest = manifest;
    }

    /// <summary>The checked manifest.</summary>
    public BundleManifest Manifest { get; }

    /// <summary>The path that was opened.</summary>
    public string Path => _source.Path;

    /// <summary>Opens a bundle and reads its manifest.</summary>
    /// <param name="path">The folder or the zip file.</param>
    /// <exception cref="BundleException">Nothing is there, a required file is missing, or the manifest has faults.</exception>
    public static BundleFiles Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        IBundleSource source =
            Directory.Exists(path) ? new FolderSource(path)
            : File.Exists(path) ? new ZipSource(path)
            : throw new BundleException(
                $"{path}: no bundle here; expected a folder with {BundleManifest.FileName} or a {ZipExtension} file."
            );
        try
        {
            if (!source.Exists(BundleManifest.FileName))
            {
                throw new BundleException($"{path}: not a bundle, {BundleManifest.FileName} is missing.");
            }

            byte[] json = source.Read(BundleManifest.FileName, MaximumManifestBytes);
            BundleManifest manifest = BundleManifest.Parse(json, source.Describe(BundleManifest.FileName));
            foreach (
                string? name in (string?[])
                    [manifest.Graphs.Infer.File, manifest.Graphs.Adapt.File, manifest.Graphs.Backbone?.File, BundleManifest.ThetaFileName]
            )
            {
                if (name is not null && !source.Exists(name))
                {
                    throw new BundleException($"{path}: the bundle is incomplete, {name} is missing.");
                }
            }

            return new BundleFiles(source, manifest);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Opens a bundle again, and makes sure that it is still the one that was loaded.</summary>
    /// <exception cref="BundleException">It was replaced by another one.</exception>
    internal static BundleFiles Reopen(string path, BundleManifest loaded)
    {
        BundleFiles files = Open(path);
        if (files.Manifest.BaseIdentity == loaded.BaseIdentity)
        {
            return files;
        }

        files.Dispose();
        throw new BundleException($"{path}: the bundle was replaced by another one since it was opened.");
    }

    /// <summary>Whether a file that the manifest lists is present.</summary>
    public bool Contains(string name) => Manifest.Files.ContainsKey(name) && _source.Exists(name);

    /// <summary>Reads a file after checking its hash.</summary>
    /// <param name="name">Name within the bundle, parts separated by <c>/</c>.</param>
    /// <exception cref="BundleException">The manifest does not list it, it is missing, or its content is not what the manifest says.</exception>
    public byte[] Read(string name)
    {
        if (!Manifest.Files.TryGetValue(name, out string? expected))
        {
            throw new BundleException($"{Path}: the manifest lists no file '{name}'.");
        }

        if (!_source.Exists(name))
        {
            throw new BundleException($"{Path}: the file '{name}' is missing.");
        }

        byte[] bytes = _source.Read(name, Array.MaxLength);
        string actual = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return actual == expected
            ? bytes
            : throw new BundleException(
                $"{_source.Describe(name)}: the file is damaged or changed: expected SHA-256 {expected}, got {actual}."
            );
    }

    /// <summary>Reads a safetensors file after checking its hash.</summary>
    public SafetensorsFile ReadTensors(string name) => SafetensorsFile.Parse(Read(name), _source.Describe(name));

    /// <summary>Checks the hash of every listed file that is present.</summary>
    /// <returns>Names of listed files that are absent.</returns>
    /// <exception cref="BundleException">A file is not what the manifest says.</exception>
    public IReadOnlyList<string> VerifyAll()
    {
        List<string> absent = [];
        foreach (string name in Manifest.Files.Keys.Order(StringComparer.Ordinal))
        {
            if (_source.Exists(name))
            {
                _ = Read(name);
            }
            else
            {
                absent.Add(name);
            }
        }

        return absent;
    }

    /// <summary>What error messages call a file of this bundle.</summary>
    public string Describe(string name) => _source.Describe(name);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
