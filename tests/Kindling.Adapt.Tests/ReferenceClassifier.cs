using Kindling.Bundles;

namespace Kindling.Adapt.Tests;

/// <summary>The test classifier and its SGD steps in plain double arithmetic.</summary>
internal sealed class ReferenceClassifier
{
    private const int Hidden = TestBundles.Hidden;
    private const int Slots = TestBundles.Slots;

    private readonly double[] _bodyW;
    private readonly double[] _bodyB;
    private readonly double[] _headW;
    private readonly double[] _headB;

    public ReferenceClassifier()
    {
        Dictionary<string, FloatTensor> theta = TestBundles.ClassifierTheta();
        _bodyW = Array.ConvertAll(theta["body.w"].Values, value => (double)value);
        _bodyB = Array.ConvertAll(theta["body.b"].Values, value => (double)value);
        _headW = Array.ConvertAll(theta["head.w"].Values, value => (double)value);
        _headB = Array.ConvertAll(theta["head.b"].Values, value => (double)value);
    }

    public double[] Mean { get; set; } = [0, 0];

    public IReadOnlyDictionary<string, double[]> Parameters =>
        new Dictionary<string, double[]>
        {
            ["body.w"] = _bodyW,
            ["body.b"] = _bodyB,
            ["head.w"] = _headW,
            ["head.b"] = _headB,
        };

    public double[] Logits(double x0, double x1, out double[] hidden)
    {
        hidden = new double[Hidden];
        for (int h = 0; h < Hidden; h++)
        {
            hidden[h] = Math.Tanh(((x0 - Mean[0]) * _bodyW[h]) + ((x1 - Mean[1]) * _bodyW[Hidden + h]) + _bodyB[h]);
        }

        double[] logits = [.. _headB];
        for (int s = 0; s < Slots; s++)
        {
            for (int h = 0; h < Hidden; h++)
            {
                logits[s] += hidden[h] * _headW[(h * Slots) + s];
            }
        }

        return logits;
    }

    public static double[] Softmax(double[] logits, int used)
    {
        double most = logits[..used].Max();
        double[] e = [.. logits.Select((logit, i) => i < used ? Math.Exp(logit - most) : 0)];
        double sum = e.Sum();
        return [.. e.Select(value => value / sum)];
    }

    /// <summary>One step; returns the loss before it.</summary>
    public double Step(FloatTensor x, int[] y, int used, double rate)
    {
        double[] dBodyW = new double[_bodyW.Length];
        double[] dBodyB = new double[_bodyB.Length];
        double[] dHeadW = new double[_headW.Length];
        double[] dHeadB = new double[_headB.Length];
        double loss = 0;
        for (int n = 0; n < y.Length; n++)
        {
            double[] p = Softmax(Logits(x.Values[2 * n], x.Values[(2 * n) + 1], out double[] hidden), used);
            loss -= Math.Log(p[y[n]]) / y.Length;
            for (int s = 0; s < Slots; s++)
            {
                double g = (p[s] - (s == y[n] ? 1 : 0)) / y.Length;
                dHeadB[s] += g;
                for (int h = 0; h < Hidden; h++)
                {
                    dHeadW[(h * Slots) + s] += hidden[h] * g;
                    double pre = g * _headW[(h * Slots) + s] * (1 - (hidden[h] * hidden[h]));
                    dBodyB[h] += pre;
                    dBodyW[h] += (x.Values[2 * n] - Mean[0]) * pre;
                    dBodyW[Hidden + h] += (x.Values[(2 * n) + 1] - Mean[1]) * pre;
                }
            }
        }

        Move(_bodyW, dBodyW, rate);
        Move(_bodyB, dBodyB, rate);
        Move(_headW, dHeadW, rate);
        Move(_headB, dHeadB, rate);
        return loss;
    }

    private static void Move(double[] values, double[] gradient, double rate)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] -= rate * gradient[i];
        }
    }
}
