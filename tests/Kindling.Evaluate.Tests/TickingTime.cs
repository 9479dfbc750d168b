namespace Kindling.Evaluate.Tests;

/// <summary>A clock that goes on by a fixed time whenever it is read.</summary>
public sealed class TickingTime(TimeSpan tick) : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => ticks += tick.Ticks;
}
