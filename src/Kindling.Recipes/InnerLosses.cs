using Kindling.Autodiff;
using Kindling.Graphs;

namespace Kindling.Recipes;

/// <summary>The losses that adaptation can descend: one row for each value of <c>inner.loss</c>.</summary>
public static class InnerLosses
{
    // Labels are int64 [batch] of a classification, codes of a language model; outputs are [batch, slots], with slots that stand for no class far below all others.
    private static readonly InnerLoss[] Rows =
    [
        new(
            InnerSpec.DefaultLoss,
            null,
            true,
            (b, o, y, mask) =>
                y.Type == ElementType.Int64 ? Losses.CrossEntropy(b, Masked(b, o, mask), y)
                : o.Rank == 3 ? Losses.CodeCrossEntropy(b, o, y)
                : Losses.MeanSquaredError(b, o, y)
        ),
        new("learned", null, false, null),
        new("mse", true, true, Losses.OneHotSquaredError),
        new("entropy", true, false, (b, o, _, mask) => Losses.Entropy(b, Masked(b, o, mask))),
        new("l1", false, true, (b, o, y, _) => Losses.L1(b, o, y)),
        new("huber", false, true, (b, o, y, _) => Losses.Huber(b, o, y)),
        new(PolicyGradient, false, true, (b, o, y, _) => Losses.PolicyGradient(b, o, y)),
        new(Detection, null, true, (b, o, y, _) => Losses.Detection(b, o, y)),
    ];

    /// <summary>What policies descend, in both loops.</summary>
    public const string PolicyGradient = "policy-gradient";

    /// <summary>What detectors descend, in both loops.</summary>
    public const string Detection = "detection";

    private const float Unused = -1e9f;

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Rows.Select(row => row.Name)];

    /// <summary>Whether a loss reads the labels or targets of the support set.</summary>
    public static bool ReadsLabels(string loss) => Find(loss) is not { ReadsLabels: false };

    /// <summary>What the outer loop descends where adaptation descends <paramref name="loss"/>: that of the outputs' own kind.</summary>
    public static string Outer(string loss) => HasOwnTasks(loss) ? loss : InnerSpec.DefaultLoss;

    /// <summary>Appends the loss of a network's outputs: the mean over the batch.</summary>
    /// <param name="b">Where to append.</param>
    /// <param name="loss">A name; not <c>learned</c>, which a network brings itself.</param>
    /// <param name="output">Float [batch, outputs].</param>
    /// <param name="labels">Class numbers int64 [batch], or targets of the outputs' shape.</param>
    /// <param name="mask">Float [outputs], 1 for head slots that stand for a class and 0 for others; null where all do.</param>
    /// <exception cref="GraphException">There is no such loss of outputs.</exception>
    public static Value Append(GraphBuilder b, string loss, Value output, Value labels, Value? mask)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(labels);
        return Find(loss)?.Write is { } write
            ? write(b, output, labels, mask)
            : throw new GraphException($"There is no loss '{loss}' of a network's outputs.");
    }

    /// <summary>Declares a graph's input <c>y</c>: class numbers int64 [batch], or as many float targets of each example as a network's outputs ask for.</summary>
    public static Value Labels(GraphBuilder b, Graph network, bool classification, string loss)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(network);
        Shape output = network.Output("output").Shape;
        return classification ? b.Input("y", ElementType.Int64, new Shape("batch"))
            : loss == Detection ? b.Input("y", ElementType.Float, new Shape("batch", output[1].Size * output[2].Size))
            : b.Input("y", ElementType.Float, new Shape("batch", output[1]));
    }

    /// <summary>Outputs whose unused head slots take no part in the loss and get no score.</summary>
    public static Value Masked(GraphBuilder b, Value output, Value? mask)
    {
        ArgumentNullException.ThrowIfNull(b);
        return mask is null ? output : b.Where(b.Greater(mask, b.Scalar(0.5f)), output, b.Scalar(Unused));
    }

    /// <summary>What is wrong with a loss for tasks of one kind; null where nothing is.</summary>
    internal static string? Fault(string loss, bool classification) =>
        Find(loss) is { OfClasses: { } classes } && classes != classification
            ? $"inner.loss: {loss} is for {(classes ? "classifications" : "regressions")}, expected {Of(classification)}, got {loss}"
            : null;

    /// <summary>The losses that are not learned, of tasks of one kind with examples of their own, as a list to read.</summary>
    internal static string Of(bool classification) =>
        Words([
            .. Rows.Where(row =>
                    !HasOwnTasks(row.Name) && ((row.Write is not null && row.OfClasses is null) || row.OfClasses == classification)
                )
                .Select(row => row.Name),
        ]);

    internal static string Words(IReadOnlyList<string> names) => $"{string.Join(", ", names.Take(names.Count - 1))} or {names[^1]}";

    // of tasks that take no other loss
    private static bool HasOwnTasks(string loss) => loss is PolicyGradient or Detection;

    private static InnerLoss? Find(string loss) => Array.Find(Rows, row => row.Name == loss);

    /// <summary>A row.</summary>
    /// <param name="Name">The value of <c>inner.loss</c>.</param>
    /// <param name="OfClasses">Whether it is for classifications; null: for both.</param>
    /// <param name="ReadsLabels">Whether it reads labels or targets.</param>
    /// <param name="Write">Writes it of outputs, labels and mask; null where it is not made of these.</param>
    private sealed record InnerLoss(string Name, bool? OfClasses, bool ReadsLabels, Func<GraphBuilder, Value, Value, Value?, Value>? Write);
}
