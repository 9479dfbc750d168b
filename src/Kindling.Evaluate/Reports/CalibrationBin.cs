namespace Kindling.Evaluate.Reports;

/// <summary>Predictions of about the same confidence.</summary>
/// <param name="Count">How many.</param>
/// <param name="Confidence">Their mean probability; NaN without any.</param>
/// <param name="Accuracy">The fraction that is right; NaN without any.</param>
internal sealed record CalibrationBin(int Count, double Confidence, double Accuracy);
