namespace Kindling.Bundles;

/// <summary>Tells a missing native library from other failures.</summary>
internal static class NativeErrors
{
    /// <summary>Whether an error comes from a native library that is not there, is one of another system, or lacks an entry point.</summary>
    internal static bool IsMissing(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
            {
                return true;
            }
        }

        return false;
    }
}
