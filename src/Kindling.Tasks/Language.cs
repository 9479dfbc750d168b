namespace Kindling.Tasks;

/// <summary>A language as a task: its text, of which the beginning is learned from and the end is predicted.</summary>
public sealed record Language
{
    /// <summary>Short name, unique in its family: <c>eus</c>.</summary>
    public required string Code { get; init; }

    /// <summary>Name for people: <c>Basque</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What figures are averaged over: <c>test</c>, or <c>test_script</c> for scripts that training has not seen.</summary>
    public required string Group { get; init; }

    /// <summary>The text, UTF-8 unless it came as something else.</summary>
    public required ReadOnlyMemory<byte> Text { get; init; }
}
