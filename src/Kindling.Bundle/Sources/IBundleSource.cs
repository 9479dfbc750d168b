namespace Kindling.Bundles;

/// <summary>Where a bundle's bytes come from. Names are checked by <see cref="BundlePath"/> before they get here, but for the manifest's.</summary>
internal interface IBundleSource : IDisposable
{
    string Path { get; }

    bool Exists(string name);

    /// <summary>Reads a file of at most <paramref name="most"/> bytes.</summary>
    byte[] Read(string name, long most);

    /// <summary>What messages call the file.</summary>
    string Describe(string name);
}
