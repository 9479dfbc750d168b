using Kindling.Networks;
using Kindling.Train.Tapes;

namespace Kindling.Train.Algorithms;

/// <summary>What one task contributes to an outer step, written once for every engine. Stateless.</summary>
internal interface IMetaProgram
{
    /// <summary>What the outer loop learns.</summary>
    IReadOnlyList<ParameterSpec> Learned { get; }

    /// <summary>The form that an iteration takes.</summary>
    Phase At(int iteration);

    /// <summary>The task's gradient and loss.</summary>
    /// <param name="tape">Where it is computed.</param>
    /// <param name="phase">What the iteration asks for.</param>
    /// <param name="learned">A value for each of <see cref="Learned"/>.</param>
    /// <param name="data">The task's data: inputs, then labels (int64) or targets, of each of its sets.</param>
    /// <param name="weights">The phase's numbers as a value; nothing where it has none.</param>
    /// <returns>A gradient for each of <see cref="Learned"/>, which the outer step goes against, and the loss that is reported.</returns>
    (T[] Gradient, T Loss) Trace<T>(ITape<T> tape, Phase phase, IReadOnlyList<T> learned, IReadOnlyList<T> data, T? weights);
}
