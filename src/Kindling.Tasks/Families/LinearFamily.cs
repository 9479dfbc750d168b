namespace Kindling.Tasks.Families;

/// <summary>
/// y = a x with a uniform in [1, 4] and x in [0.5, 5.5]. The test split is the pair a = 2 and a = 3; training and
/// validation keep 0.05 away from both.
/// </summary>
internal sealed class LinearFamily()
    : CurveFamily("linear", "linear 1: y = a x, a in [1, 4] without 2 and 3 (0.05), x in [0.5, 5.5]", 0.5f, 5.5f)
{
    private const double Gap = 0.05;

    protected override (double P, double Q) NextCurve(Split split, SeededRandom random)
    {
        if (split == Split.Test)
        {
            return (random.NextInt(2) + 2, 0);
        }

        double slope;
        do
        {
            slope = 1 + (3 * random.NextDouble());
        } while (Math.Abs(slope - 2) < Gap || Math.Abs(slope - 3) < Gap);

        return (slope, 0);
    }

    protected override double Value((double P, double Q) curve, double x) => curve.P * x;
}
