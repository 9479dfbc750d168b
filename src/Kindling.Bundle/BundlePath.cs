namespace Kindling.Bundles;

/// <summary>Which names a file in a bundle may have: relative, below the bundle, the same on every system.</summary>
internal static class BundlePath
{
    private const int MaximumLength = 240;

    /// <summary>What is wrong with a name, as the end of a sentence; null when nothing is.</summary>
    internal static string? Fault(string name)
    {
        if (name.Length is 0 or > MaximumLength)
        {
            return $"must have 1 to {MaximumLength} characters";
        }

        foreach (char c in name)
        {
            if (c is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' || char.IsControl(c))
            {
                return $"must not hold the character {(char.IsControl(c) ? $"U+{(int)c:X4}" : c)}";
            }
        }

        foreach (string part in name.Split('/'))
        {
            if (part.Length == 0 || part is "." or ".." || part.EndsWith('.') || part.EndsWith(' '))
            {
                return "must be a relative path below the bundle without empty, '.' or '..' parts";
            }
        }

        return name == BundleManifest.FileName ? "is the manifest itself" : null;
    }
}
