namespace Kindling.Adapt;

/// <summary>A pool has as many adaptations waiting as it allows: try again later, or tell the user to.</summary>
public sealed class LearnerPoolBusyException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public LearnerPoolBusyException() { }

    /// <summary>Creates the exception.</summary>
    public LearnerPoolBusyException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    public LearnerPoolBusyException(string message, Exception innerException)
        : base(message, innerException) { }
}
