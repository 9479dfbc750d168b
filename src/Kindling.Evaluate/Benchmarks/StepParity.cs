using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// How far two implementations of the inner step are apart. Along the runtime's adaptation both take each step from the same parameters: what
/// is compared is the step, not how rounding grows over many. An episode agrees if after every step the relative L2 error over all adapted
/// parameters is at most 1e-4, no value of a tensor is off by more than 1e-4 times max(0.01, its largest value), and, since a step that moves
/// little would hide its mistakes from these two, the L2 error is at most 1 % of the way that the step went. All must hold in 95 % of the
/// episodes; in the others, where a ReLU or a maximum at a tie flipped, the last.
/// </summary>
public sealed class StepParity
{
    /// <summary>The bound of the errors relative to the parameters.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>The bound of the error relative to the way of a step.</summary>
    public const double StepTolerance = 1e-2;

    // A step shorter than this share of the parameters is as good as none: its way is rounding.
    private const double ShortestStep = 1e-3;

    /// <summary>Inner steps that are compared, unless a rule takes fewer.</summary>
    public const int ComparedSteps = 10;

    /// <summary>Inner steps that were compared.</summary>
    public required int Steps { get; init; }

    /// <summary>Episodes compared.</summary>
    public required int Episodes { get; init; }

    /// <summary>Episodes that agree.</summary>
    public required int Agreeing { get; init; }

    /// <summary>Largest relative L2 error over all adapted parameters.</summary>
    public required double WorstNormError { get; init; }

    /// <summary>Largest error of a single value, relative as above.</summary>
    public required double WorstValueError { get; init; }

    /// <summary>Largest L2 error relative to the way of the step.</summary>
    public required double WorstStepError { get; init; }

    /// <summary>Whether the two compute the same step.</summary>
    public bool Passed => Agreeing >= 0.95 * Episodes && WorstStepError <= StepTolerance;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Agreeing} of {Episodes} episodes agree over {Steps} {(Steps == 1 ? "step" : "steps")}; worst relative error: norm {WorstNormError:0.0e+0}, value {WorstValueError:0.0e+0}, step {WorstStepError:0.0e+0}";

    /// <summary>Compares the runtime's inner loop with the hand-written one.</summary>
    internal static StepParity Measure(AdaptableModel model, HandWrittenStep step, BundleEpisodes episodes, int steps = ComparedSteps)
    {
        int agreeing = 0;
        (double Norm, double Value, double Step) worst = default;
        for (int e = 0; e < episodes.Count; e++)
        {
            SupportSet support = episodes.Support(e);
            bool agrees = true;
            IReadOnlyDictionary<string, FloatTensor>? before = null;
            step.Begin(support);
            using Learner learner = model.CreateLearner();
            learner.Trace(
                support,
                steps,
                point =>
                {
                    IReadOnlyDictionary<string, FloatTensor> now = point.Parameters();
                    if (before is not null)
                    {
                        _ = step.Run(point.Step - 1);
                        (double Norm, double Value, double Step) errors = Errors(now, step.Parameters(), before);
                        worst = (Math.Max(worst.Norm, errors.Norm), Math.Max(worst.Value, errors.Value), Math.Max(worst.Step, errors.Step));
                        agrees &= errors.Norm <= Tolerance && errors.Value <= Tolerance && errors.Step <= StepTolerance;
                    }

                    step.MoveTo(now);
                    before = now;
                }
            );
            agreeing += agrees ? 1 : 0;
        }

        return new()
        {
            Steps = steps,
            Episodes = episodes.Count,
            Agreeing = agreeing,
            WorstNormError = worst.Norm,
            WorstValueError = worst.Value,
            WorstStepError = worst.Step,
        };
    }

    /// <summary>Errors of the tensors <paramref name="expected"/>; infinite where a number is not finite.</summary>
    internal static (double Norm, double Value, double Step) Errors(
        IReadOnlyDictionary<string, FloatTensor> actual,
        IReadOnlyDictionary<string, FloatTensor> expected,
        IReadOnlyDictionary<string, FloatTensor> before
    )
    {
        double difference = 0;
        double size = 0;
        double way = 0;
        double value = 0;
        foreach ((string name, FloatTensor tensor) in expected)
        {
            (float[] a, float[] b, float[] from) = (actual[name].Values, tensor.Values, before[name].Values);
            double worst = 0;
            double largest = 0.01;
            for (int i = 0; i < a.Length; i++)
            {
                double d = Math.Abs((double)a[i] - b[i]);
                difference += d * d;
                size += (double)b[i] * b[i];
                way += ((double)b[i] - from[i]) * ((double)b[i] - from[i]);
                worst = Math.Max(worst, d);
                largest = Math.Max(largest, Math.Abs(b[i]));
            }

            value = Math.Max(value, worst / largest);
        }

        double error = Math.Sqrt(difference);
        double norm = Math.Max(Math.Sqrt(size), 1e-12);
        double step = error / Math.Max(Math.Sqrt(way), ShortestStep * norm);
        return double.IsFinite(error) && double.IsFinite(value) && double.IsFinite(step)
            ? (error / norm, value, step)
            : (double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
    }
}
