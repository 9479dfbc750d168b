using Kindling.Bundles;

namespace Kindling.Evaluate.Baselines;

/// <summary>
/// Linear regression with an intercept and a penalty on the weights (Hoerl and Kennard 1970), in the dual form: with centred features X [n, F] and
/// targets Y [n, outputs], W = X' (X X' + strength I)^-1 Y. The intercept is not penalised.
/// </summary>
internal static class RidgeRegression
{
    /// <summary>Fits the support rows and predicts the query rows: <c>[m, outputs]</c>.</summary>
    /// <param name="x">Features <c>[n, F]</c>.</param>
    /// <param name="y">Targets <c>[n, outputs]</c>.</param>
    /// <param name="query">Features <c>[m, F]</c>.</param>
    /// <param name="strength">The penalty; positive.</param>
    public static FloatTensor Predict(FloatTensor x, FloatTensor y, FloatTensor query, double strength)
    {
        double[] centre = Means(x);
        double[] offset = Means(y);
        double[][] rows = Centred(x, centre);
        double[][] kernel = [.. rows.Select((a, i) => rows.Select((b, j) => Dot(a, b) + (i == j ? strength : 0)).ToArray())];
        double[][] dual = Solve(kernel, Centred(y, offset));
        float[] values =
        [
            .. Centred(query, centre)
                .SelectMany(q =>
                {
                    double[] near = [.. rows.Select(r => Dot(q, r))];
                    return offset.Select((o, t) => (float)(o + near.Select((k, i) => k * dual[i][t]).Sum()));
                }),
        ];
        return new FloatTensor([query.Shape[0], offset.Length], values);
    }

    private static double[] Means(FloatTensor rows) =>
        [
            .. Enumerable
                .Range(0, rows.Shape[1])
                .Select(c => Enumerable.Range(0, rows.Shape[0]).Average(r => (double)rows.Values[(r * rows.Shape[1]) + c])),
        ];

    private static double[][] Centred(FloatTensor rows, double[] means) =>
        [.. rows.Values.Chunk(means.Length).Select(row => row.Select((v, c) => v - means[c]).ToArray())];

    private static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);

    // Cholesky: the kernel is symmetric and, with a positive strength, positive definite. L L' Z = B, both in place.
    private static double[][] Solve(double[][] a, double[][] b)
    {
        int n = a.Length;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = a[i][j] - Dot(a[i][..j], a[j][..j]);
                a[i][j] = i == j ? Math.Sqrt(rest) : rest / a[j][j];
            }
        }

        for (int t = 0; t < b[0].Length; t++)
        {
            for (int i = 0; i < n; i++)
            {
                for (int k = 0; k < i; k++)
                {
                    b[i][t] -= a[i][k] * b[k][t];
                }

                b[i][t] /= a[i][i];
            }

            for (int i = n - 1; i >= 0; i--)
            {
                for (int k = i + 1; k < n; k++)
                {
                    b[i][t] -= a[k][i] * b[k][t];
                }

                b[i][t] /= a[i][i];
            }
        }

        return b;
    }
}
