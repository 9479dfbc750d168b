namespace Kindling.Bundles;

/// <summary>The machine or the program lacks a native library that the chosen runtime needs; the message names the package that brings it.</summary>
public sealed class MissingRuntimeException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public MissingRuntimeException() { }

    /// <summary>Creates the exception.</summary>
    public MissingRuntimeException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    public MissingRuntimeException(string message, Exception innerException)
        : base(message, innerException) { }
}
