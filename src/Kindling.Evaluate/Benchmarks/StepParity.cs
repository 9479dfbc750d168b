using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// How far two implementations of the inner step are apart. An episode agrees if after every step the relative L2 error over all adapted
/// parameters is at most 1e-4 and no value of a tensor is off by more than 1e-4 times max(0.01, its largest value). The first must hold in every
/// episode, both in 95 % of them, for a ReLU or a maximum at a tie may flip.
/// </summary>
public sealed class StepParity
{
    /// <summary>The bound of both errors.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>Inner steps that are compared.</summary>
    public const int ComparedSteps = 10;

    /// <summary>Episodes compared.</summary>
    public required int Episodes { get; init; }

    /// <summary>Episodes that agree.</summary>
    public required int Agreeing { get; init; }

    /// <summary>Largest relative L2 error over all adapted parameters.</summary>
    public required double WorstNormError { get; init; }

    /// <summary>Largest error of a single value, relative as above.</summary>
    public required double WorstValueError { get; init; }

    /// <summary>Whether the two compute the same step.</summary>
    public bool Passed => Agreeing >= 0.95 * Episodes && WorstNormError <= Tolerance;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Agreeing} of {Episodes} episodes agree over {ComparedSteps} steps; worst relative error: norm {WorstNormError:0.0e+0}, value {WorstValueError:0.0e+0}";

    /// <summary>Compares the runtime's inner loop with the hand-written one.</summary>
    internal static StepParity Measure(AdaptableModel model, HandWrittenStep step, BundleEpisodes episodes)
    {
        int agreeing = 0;
        double worstNorm = 0;
        double worstValue = 0;
        for (int e = 0; e < episodes.Count; e++)
        {
            SupportSet support = episodes.Support(e);
            bool agrees = true;
            step.Begin(support);
            using Learner learner = model.CreateLearner();
            learner.Trace(
                support,
                ComparedSteps,
                point =>
                {
                    if (point.Step > 0)
                    {
                        _ = step.Run(point.Step - 1);
                        (double norm, double value) = Errors(point.Parameters(), step.Parameters());
                        worstNorm = Math.Max(worstNorm, norm);
                        worstValue = Math.Max(worstValue, value);
                        agrees &= norm <= Tolerance && value <= Tolerance;
                    }
                }
            );
            agreeing += agrees ? 1 : 0;
        }

        return new()
        {
            Episodes = episodes.Count,
            Agreeing = agreeing,
            WorstNormError = worstNorm,
            WorstValueError = worstValue,
        };
    }

    /// <summary>Errors of the tensors <paramref name="expected"/>; infinite where a number is not finite.</summary>
    internal static (double Norm, double Value) Errors(
        IReadOnlyDictionary<string, FloatTensor> actual,
        IReadOnlyDictionary<string, FloatTensor> expected
    )
    {
        double difference = 0;
        double size = 0;
        double value = 0;
        foreach ((string name, FloatTensor b) in expected)
        {
            float[] a = actual[name].Values;
            double worst = 0;
            double largest = 0.01;
            for (int i = 0; i < a.Length; i++)
            {
                double d = Math.Abs((double)a[i] - b.Values[i]);
                difference += d * d;
                size += (double)b.Values[i] * b.Values[i];
                worst = Math.Max(worst, d);
                largest = Math.Max(largest, Math.Abs(b.Values[i]));
            }

            value = Math.Max(value, worst / largest);
        }

        double norm = Math.Sqrt(difference) / Math.Max(Math.Sqrt(size), 1e-12);
        return double.IsFinite(norm) && double.IsFinite(value) ? (norm, value) : (double.PositiveInfinity, double.PositiveInfinity);
    }
}
