namespace Kindling.Autodiff;

/// <summary>A graph has no form for many users (<see cref="Vectorizer"/>); it is valid, and one user a run always works.</summary>
public sealed class UnvectorizableException : Exception
{
    /// <inheritdoc/>
    public UnvectorizableException() { }

    /// <inheritdoc/>
    public UnvectorizableException(string message)
        : base(message) { }

    /// <inheritdoc/>
    public UnvectorizableException(string message, Exception innerException)
        : base(message, innerException) { }
}
