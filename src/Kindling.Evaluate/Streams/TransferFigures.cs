namespace Kindling.Evaluate.Streams;

/// <summary>
/// What a stream's matrix says (Lopez-Paz and Ranzato 2017, equations 2 to 4). Row i of the matrix holds the metric on every segment after i segments were learned;
/// row 0 that of the start.
/// </summary>
/// <param name="Final">Mean over all segments at the end of the stream.</param>
/// <param name="Backward">
/// Mean over all segments but the last of what became of it between its own end and the stream's: below 0 it was forgotten.
/// </param>
/// <param name="Forward">Mean over all segments but the first of what the ones before did for it, against the start.</param>
public sealed record TransferFigures(double Final, double Backward, double Forward)
{
    /// <summary>The figures of a matrix.</summary>
    /// <param name="matrix">[segments + 1][segments].</param>
    /// <param name="isError">Whether the metric is an error: gains are then what it fell by, so that above 0 is better whatever the metric.</param>
    public static TransferFigures Of(IReadOnlyList<double[]> matrix, bool isError)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        int segments = matrix[0].Length;
        if (segments < 2 || matrix.Count != segments + 1)
        {
            throw new ArgumentException(
                $"Expected at least 2 segments and a row more than segments, got {segments} and {matrix.Count}.",
                nameof(matrix)
            );
        }

        double sign = isError ? -1 : 1;
        return new(
            matrix[segments].Average(),
            Enumerable.Range(0, segments - 1).Average(j => sign * (matrix[segments][j] - matrix[j + 1][j])),
            Enumerable.Range(1, segments - 1).Average(j => sign * (matrix[j][j] - matrix[0][j]))
        );
    }
}
