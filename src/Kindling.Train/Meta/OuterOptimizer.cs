using System.Numerics;
using System.Numerics.Tensors;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;

namespace Kindling.Train.Meta;

/// <summary>
/// The outer update on host arrays: SGD, or Adam (Kingma and Ba 2015, algorithm 1; betas 0.9 and 0.999, epsilon 1e-8), with a schedule of the
/// rate and clipping by the global norm. Or SGD at the inner rates that are learned beside the parameters (La-MAML, Gupta et al. 2020, algorithm 1).
/// </summary>
internal sealed class OuterOptimizer
{
    public const float Beta1 = 0.9f;
    public const float Beta2 = 0.999f;
    public const float Epsilon = 1e-8f;
    private readonly AlgorithmSpec spec;
    private readonly int[] rates;

    public OuterOptimizer(AlgorithmSpec spec, IReadOnlyList<ParameterSpec> learned)
    {
        this.spec = spec;
        rates = RatesOf(learned);
        First = [.. learned.Select(p => new float[p.Count])];
        Second = [.. learned.Select(p => new float[p.Count])];
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

    /// <summary>For each learned tensor the place of its rates, -1 where it has none.</summary>
    public static int[] RatesOf(IReadOnlyList<ParameterSpec> learned)
    {
        string[] names = [.. learned.Select(p => p.Name)];
        return [.. names.Select(name => Array.IndexOf(names, GraphSignature.Rate(name)))];
    }

    /// <summary>Moves the parameters against the gradient.</summary>
    /// <param name="parameters">Moved in place.</param>
    /// <param name="gradient">Of each parameter; clipped in place.</param>
    /// <param name="iteration">Which the rate is of, from 0.</param>
    /// <param name="step">Steps before this one; more than iterations where these have several.</param>
    public void Step(float[][] parameters, IReadOnlyList<Memory<float>> gradient, int iteration, int step)
    {
        float rate = (float)Rate(spec, iteration);
        Clip(gradient);
        if (spec.OuterOptimizer == "rates")
        {
            StepAtRates(parameters, gradient, rate);
            return;
        }

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
                Adam(parameters[p], gradient[p].Span, First[p], Second[p], rate, step + 1);
            }
        }
    }

    // The rates first, and not below 0; then what they belong to, at the new ones.
    private void StepAtRates(float[][] parameters, IReadOnlyList<Memory<float>> gradient, float rate)
    {
        foreach (int p in Enumerable.Range(0, parameters.Length).OrderByDescending(rates.Contains))
        {
            ReadOnlySpan<float> g = gradient[p].Span;
            bool isRate = rates.Contains(p);
            for (int i = 0; i < g.Length; i++)
            {
                float next = parameters[p][i] - ((rates[p] < 0 ? rate : parameters[rates[p]][i]) * g[i]);
                parameters[p][i] = isRate ? MathF.Max(0, next) : next;
            }
        }
    }

    private static void Adam(
        Span<float> parameter,
        ReadOnlySpan<float> gradient,
        Span<float> first,
        Span<float> second,
        float rate,
        int step
    )
    {
        float correction1 = 1 - MathF.Pow(Beta1, step);
        float correction2 = MathF.Sqrt(1 - MathF.Pow(Beta2, step));
        int i = 0;
        for (; i <= gradient.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> g = new(gradient[i..]);
            Vector<float> m = (Beta1 * new Vector<float>(first[i..])) + ((1 - Beta1) * g);
            Vector<float> v = (Beta2 * new Vector<float>(second[i..])) + ((1 - Beta2) * g * g);
            Vector<float> move =
                rate
                * (m / new Vector<float>(correction1))
                / ((Vector.SquareRoot(v) / new Vector<float>(correction2)) + new Vector<float>(Epsilon));
            m.CopyTo(first[i..]);
            v.CopyTo(second[i..]);
            (new Vector<float>(parameter[i..]) - move).CopyTo(parameter[i..]);
        }

        for (; i < gradient.Length; i++)
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
