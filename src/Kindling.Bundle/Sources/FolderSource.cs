namespace Kindling.Bundles;

/// <summary>A bundle that is a folder. The folder itself may be reached through a link; within it links are refused.</summary>
internal sealed class FolderSource(string path) : IBundleSource
{
    public string Path => path;

    public bool Exists(string name) => File.Exists(Resolve(name));

    public byte[] Read(string name, long most)
    {
        string file = Resolve(name);
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length > most)
        {
            throw new BundleException($"{file}: at most {most} bytes are read, the file has {stream.Length}.");
        }

        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public string Describe(string name) => System.IO.Path.Combine(path, name);

    public void Dispose()
    {
        // Files are opened and closed one by one.
    }

    private string Resolve(string name)
    {
        string at = path;
        foreach (string part in name.Split('/'))
        {
            at = System.IO.Path.Combine(at, part);
            FileInfo info = new(at);
            if (info.LinkTarget is not null)
            {
                throw new BundleException($"{at}: a link within a bundle is refused.");
            }
        }

        return at;
    }
}
