namespace Kindling.Graphs;

/// <summary>A graph, or the file that it came from, is not valid or not supported; the message says where, what was expected and what came.</summary>
public sealed class GraphException : Exception
{
    /// <inheritdoc/>
    public GraphException() { }

    /// <inheritdoc/>
    public GraphException(string message)
        : base(message) { }

    /// <inheritdoc/>
    public GraphException(string message, Exception innerException)
        : base(message, innerException) { }
}
