namespace Kindling.Export;

/// <summary>A bundle was not written, because ONNX Runtime does not give what training did: its reference episodes do not agree.</summary>
/// <param name="report">How the replay went.</param>
public sealed class VerificationException(VerificationReport report)
    : Exception($"The bundle does not give what training did, so it was not written: {report}")
{
    /// <summary>How the replay went.</summary>
    public VerificationReport Report { get; } = report;
}
