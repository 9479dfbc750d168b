using Kindling.Bundles;
using Kindling.Networks;

namespace Kindling.Train.Meta;

/// <summary>What an outer loop goes on from: parameters and the optimiser's moments, a tensor of each for everything learned.</summary>
internal sealed record OuterState(
    IReadOnlyList<FloatTensor> Parameters,
    IReadOnlyList<FloatTensor> First,
    IReadOnlyList<FloatTensor> Second
)
{
    /// <summary>From the tensors of a snapshot.</summary>
    /// <exception cref="BundleException">A tensor is missing or of another shape.</exception>
    public static OuterState Of(IReadOnlyDictionary<string, FloatTensor> snapshot, IReadOnlyList<ParameterSpec> learned) =>
        new(
            [.. learned.Select(p => Tensor(snapshot, p.Name, p))],
            [.. learned.Select(p => Tensor(snapshot, Moment(p, "m"), p))],
            [.. learned.Select(p => Tensor(snapshot, Moment(p, "v"), p))]
        );

    /// <summary>The tensors of a snapshot.</summary>
    public Dictionary<string, FloatTensor> Snapshot(IReadOnlyList<ParameterSpec> learned)
    {
        Dictionary<string, FloatTensor> snapshot = new(StringComparer.Ordinal);
        for (int i = 0; i < learned.Count; i++)
        {
            snapshot[learned[i].Name] = Parameters[i];
            snapshot[Moment(learned[i], "m")] = First[i];
            snapshot[Moment(learned[i], "v")] = Second[i];
        }

        return snapshot;
    }

    /// <summary>A tensor of a snapshot that has a parameter's shape.</summary>
    /// <exception cref="BundleException">It is missing or of another shape.</exception>
    public static FloatTensor Tensor(
        IReadOnlyDictionary<string, FloatTensor> snapshot,
        string name,
        ParameterSpec parameter,
        string what = "The checkpoint does"
    ) =>
        snapshot.TryGetValue(name, out FloatTensor? tensor) && tensor.Shape.SequenceEqual(parameter.Shape)
            ? tensor
            : throw new BundleException(
                $"{what} not fit the recipe: expected tensor '{name}' of shape [{string.Join(", ", parameter.Shape)}], got {(tensor is null ? "none" : tensor.ToString())}."
            );

    private static string Moment(ParameterSpec parameter, string which) => $"outer.{parameter.Name}.{which}";
}
