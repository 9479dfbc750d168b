namespace Kindling.Tasks.Families;

/// <summary>
/// Finn, Abbeel, Levine 2017 (MAML), section 5.1: y = A sin(x - p), amplitude A uniform in [0.1, 5], phase p in [0, pi],
/// x in [-5, 5].
/// </summary>
internal sealed class SinusoidFamily()
    : CurveFamily("sinusoid", "sinusoid 1: y = A sin(x - p), A in [0.1, 5], p in [0, pi], x in [-5, 5]", -5, 5)
{
    protected override (double P, double Q) NextCurve(Split split, SeededRandom random) =>
        (0.1 + (4.9 * random.NextDouble()), Math.PI * random.NextDouble());

    protected override double Value((double P, double Q) curve, double x) => curve.P * Math.Sin(x - curve.Q);
}
