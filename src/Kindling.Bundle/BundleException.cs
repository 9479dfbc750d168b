namespace Kindling.Bundles;

/// <summary>
/// A file or data set that Kindling was given is damaged, of the wrong form or does not fit: the message names the file,
/// the place in it, what was expected and what was found.
/// </summary>
public sealed class BundleException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public BundleException() { }

    /// <summary>Creates the exception.</summary>
    public BundleException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    public BundleException(string message, Exception innerException)
        : base(message, innerException) { }
}
