namespace Kindling.Export;

/// <summary>
/// How far the app's adaptation is from the trainer's, over the reference episodes. A sampled value of a tensor agrees if it is off by no more than 1e-4
/// times max(0.01, the tensor's largest value); an episode agrees if after every step all its values do and the relative L2 error of all adapted parameters
/// is at most 1e-4. That error must hold in every episode. Of the values, a ReLU or a maximum at a tie may flip: at least 95 % of the episodes must agree, or,
/// since a wide network flips somewhere in most episodes but changes few values by it, 99 % of all values. A wrong gradient changes whole tensors.
/// </summary>
/// <param name="Episodes">Episodes replayed.</param>
/// <param name="Steps">Inner steps of each.</param>
/// <param name="Agreeing">Episodes that agree.</param>
/// <param name="AgreeingValues">Share of the sampled values, of all episodes and steps, that agree.</param>
/// <param name="WorstNormError">Largest relative error of the norm of all adapted parameters.</param>
/// <param name="WorstValueError">Largest error of a sampled value, relative as above.</param>
/// <param name="WorstLossError">Largest relative error of a loss.</param>
/// <param name="Flipped">Numbers of the episodes that do not agree.</param>
public sealed record VerificationReport(
    int Episodes,
    int Steps,
    int Agreeing,
    double AgreeingValues,
    double WorstNormError,
    double WorstValueError,
    double WorstLossError,
    IReadOnlyList<int> Flipped
)
{
    /// <summary>The bound of both errors.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>Whether the bundle does what training did.</summary>
    public bool Passed => (Agreeing >= 0.95 * Episodes || AgreeingValues >= 0.99) && WorstNormError <= Tolerance;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Agreeing} of {Episodes} reference episodes agree over {Steps} {(Steps == 1 ? "step" : "steps")}; worst relative error: norms {WorstNormError:0.0e+0}, "
        + $"values {WorstValueError:0.0e+0}, losses {WorstLossError:0.0e+0}"
        + (
            Flipped.Count == 0
                ? ""
                : $"; episodes that do not agree: {string.Join(", ", Flipped)}, with {100 * AgreeingValues:0.00} % of all values in agreement"
        );
}
