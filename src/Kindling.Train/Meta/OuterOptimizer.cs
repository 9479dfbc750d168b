using System.Numerics.Tensors;
using Kindling.Recipes;

namespace Kindling.Train.Meta;

/// <summary>
/// The outer update on host arrays: SGD, or Adam (Kingma and Ba 2015, algorithm 1; betas 0.9 and 0.999, epsilon 1e-8), with a schedule of the
/// rate and clipping by the global norm.
/// </summary>
internal sealed class OuterOptimizer
{
    public const float Beta1 = 0.9f;
    public const float Beta2 = 0.999f;
    public const float Epsilon = 1e-8f;
    private readonly AlgorithmSpec spec;

    public OuterOptimizer(AlgorithmSpec spec, IReadOnlyList<int> sizes)
    {
        this.spec = spec;
        First = [.. sizes.Select(s => new float[s])];
        Second = [.. sizes.Select(s => new float[s])];
    }

    public float[][] First { get; }

    public float[][] Second { get; }

    /// <summary>The rate of an iteration, counted from 0.</summary>
    public static double Rate(AlgorithmSpec spec, int iteration)
    {
        double done = (double)iteration / spec.Iterations;
        return spec.OuterRate
            * spec.Schedule switch
            {
                "linear" => 1 - done,
                "cosine" => 0.5 * (1 + Math.Cos(Math.PI * done)),
                _ => 1,
            };
    }

    /// <summary>Moves the parameters against the gradient.</summary>
    public void Step(float[][] parameters, IReadOnlyList<Memory<float>> gradient, int iteration)
    {
        float rate = (float)Rate(spec, iteration);
        Clip(gradient);
        for (int p = 0; p < parameters.Length; p++)
        {
            if (spec.OuterOptimizer == "sgd")
            {
                for (int i = 0; i < parameters[p].Length; i++)
                {
                    parameters[p][i] -= rate * gradient[p].Span[i];
                }
            }
            else
            {
                Adam(parameters[p], gradient[p].Span, First[p], Second[p], rate, iteration + 1);
            }
        }
    }

    private static void Adam(float[] parameter, ReadOnlySpan<float> gradient, float[] first, float[] second, float rate, int step)
    {
        float correction1 = 1 - MathF.Pow(Beta1, step);
        float correction2 = MathF.Sqrt(1 - MathF.Pow(Beta2, step));
        for (int i = 0; i < parameter.Length; i++)
        {
            float g = gradient[i];
            first[i] = (Beta1 * first[i]) + ((1 - Beta1) * g);
            second[i] = (Beta2 * second[i]) + ((1 - Beta2) * g * g);
            parameter[i] -= rate * (first[i] / correction1) / ((MathF.Sqrt(second[i]) / correction2) + Epsilon);
        }
    }

    private void Clip(IReadOnlyList<Memory<float>> gradient)
    {
        if (spec.ClipNorm == 0)
        {
            return;
        }

        double square = 0;
        foreach (Memory<float> part in gradient)
        {
            foreach (float g in part.Span)
            {
                square += (double)g * g;
            }
        }

        double norm = Math.Sqrt(square);
        if (norm <= spec.ClipNorm)
        {
            return;
        }

        float scale = (float)(spec.ClipNorm / norm);
        foreach (Memory<float> part in gradient)
        {
            TensorPrimitives.Multiply(part.Span, scale, part.Span);
        }
    }
}
