using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>Some of what is learned as constants: they start as such, and the outer loop hears nothing of them.</summary>
/// <param name="learned">All of it.</param>
/// <param name="isConstant">Which.</param>
internal sealed class Constants(IReadOnlyList<ParameterSpec> learned, Func<ParameterSpec, bool> isConstant)
{
    private readonly Graph?[] nothing = [.. learned.Select(p => isConstant(p) ? Nothing(p) : null)];

    /// <summary>The values with constants in their places.</summary>
    public T[] Start<T>(ITape<T> tape, IReadOnlyList<T> values) =>
        [.. values.Select((value, i) => nothing[i] is null ? value : tape.Detach(value))];

    /// <summary>Puts zeros in the places of the constants' gradients.</summary>
    public void Silence<T>(ITape<T> tape, IReadOnlyList<T> values, T[] gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            if (nothing[i] is { } zeros)
            {
                gradient[i] = tape.Run(zeros, values[i])[0];
            }
        }
    }

    /// <summary>Of a value, zeros of its shape.</summary>
    public static Graph Nothing(ParameterSpec parameter)
    {
        GraphBuilder b = new("nothing");
        _ = b.Output(b.Mul(b.Parameter(parameter.Name, parameter.Shape.Select(d => (long)d)), 0));
        return b.Graph;
    }
}
