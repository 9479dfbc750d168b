using Kindling.Graphs;

namespace Kindling.Autodiff;

/// <summary>Losses as graphs. Each is a scalar: the mean over the batch, and for regression over the outputs too.</summary>
public static partial class Losses
{
    /// <summary>-mean_i log softmax(logits_i)[label_i]; logits [batch, classes], labels int64 [batch].</summary>
    public static Value CrossEntropy(GraphBuilder b, Value logits, Value labels)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(labels);
        Value picked = b.GatherElements(b.LogSoftmax(logits), b.Unsqueeze(labels, 1), 1);
        return b.Neg(b.ReduceMean(picked, [0, 1], keepDims: false));
    }

    /// <summary>-mean_i sum_c target_ic log softmax(logits_i)[c]; both [batch, classes].</summary>
    public static Value SoftTargetCrossEntropy(GraphBuilder b, Value logits, Value targets)
    {
        ArgumentNullException.ThrowIfNull(b);
        Value perExample = b.ReduceSum(b.Mul(targets, b.LogSoftmax(logits)), [1], keepDims: false);
        return b.Neg(b.ReduceMean(perExample, [0], keepDims: false));
    }

    /// <summary>
    /// The squared error of outputs against 1 for the label's class and 0 for the others (Hui and Belkin 2021, without their scaling): the mean over the batch and
    /// the classes; outputs [batch, classes], labels int64 [batch].
    /// </summary>
    /// <param name="b">Where to append.</param>
    /// <param name="output">Outputs.</param>
    /// <param name="labels">Labels.</param>
    /// <param name="mask">Float [classes], 1 for classes that count and 0 for others, at least one of them 1; null where all count.</param>
    public static Value OneHotSquaredError(GraphBuilder b, Value output, Value labels, Value? mask = null)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(output);
        long classes = output.Shape[1].IsKnown
            ? output.Shape[1].Size
            : throw new GraphException($"The number of classes must be known, got {output}.");
        Value numbers = b.Ints([.. Enumerable.Range(0, (int)classes).Select(c => (long)c)]);
        Value target = b.Cast(b.Equal(b.Unsqueeze(labels, 1), numbers), output.Type);
        Value difference = b.Sub(output, target);
        if (mask is null)
        {
            return b.ReduceMean(b.Mul(difference, difference), [0, 1], keepDims: false);
        }

        Value counted = b.Mul(difference, mask);
        Value perExample = b.ReduceSum(b.Mul(counted, counted), [1], keepDims: false);
        return b.Div(b.ReduceMean(perExample, [0], keepDims: false), b.ReduceSum(mask, [0], keepDims: false));
    }

    /// <summary>
    /// The mean entropy of the predictions, -mean_i sum_c p_ic log p_ic with p = softmax(logits), which needs no labels (Grandvalet and Bengio 2005; as all that
    /// adaptation descends: Wang et al. 2021, "Tent"); logits [batch, classes].
    /// </summary>
    public static Value Entropy(GraphBuilder b, Value logits)
    {
        ArgumentNullException.ThrowIfNull(b);
        Value perExample = b.ReduceSum(b.Mul(b.Softmax(logits), b.LogSoftmax(logits)), [1], keepDims: false);
        return b.Neg(b.ReduceMean(perExample, [0], keepDims: false));
    }

    /// <summary>
    /// -mean of log softmax(scores)[code] over all positions that have a code; scores [batch, length, vocabulary], codes float [batch, length], whole numbers, 0
    /// where there is none.
    /// </summary>
    public static Value CodeCrossEntropy(GraphBuilder b, Value scores, Value codes)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(codes);
        Value counted = b.Cast(b.Greater(codes, b.ScalarLike(codes, 0)), codes.Type);
        Value places = b.Unsqueeze(b.Cast(codes, ElementType.Int64), 2);
        Value picked = b.Squeeze(b.GatherElements(b.LogSoftmax(scores), places, 2), 2);
        Value count = b.Max(b.ReduceSum(counted, [0, 1], keepDims: false), b.ScalarLike(codes, 1));
        return b.Neg(b.Div(b.ReduceSum(b.Mul(picked, counted), [0, 1], keepDims: false), count));
    }

    /// <summary>mean (output - target)^2.</summary>
    public static Value MeanSquaredError(GraphBuilder b, Value output, Value target)
    {
        ArgumentNullException.ThrowIfNull(b);
        Value difference = b.Sub(output, target);
        return b.ReduceMean(b.Mul(difference, difference), keepDims: false);
    }

    /// <summary>mean |output - target|.</summary>
    public static Value L1(GraphBuilder b, Value output, Value target)
    {
        ArgumentNullException.ThrowIfNull(b);
        return b.ReduceMean(b.Abs(b.Sub(output, target)), keepDims: false);
    }

    /// <summary>mean of d^2 / 2 where |d| is at most delta, else delta (|d| - delta / 2); d = output - target (Huber 1964).</summary>
    public static Value Huber(GraphBuilder b, Value output, Value target, double delta = 1)
    {
        ArgumentNullException.ThrowIfNull(b);
        Value size = b.Abs(b.Sub(output, target));
        Value inner = b.Min(size, b.ScalarLike(size, delta));
        // with m = min(|d|, delta), both cases are m (|d| - m / 2)
        return b.ReduceMean(b.Mul(inner, b.Sub(size, b.Mul(inner, 0.5))), keepDims: false);
    }

    /// <summary>
    /// -mean_i A_i log p(a_i), whose gradient is that of REINFORCE with a baseline (Williams 1992), for normally distributed actions; output [batch, 2 n]: n means,
    /// then the logarithms of n standard deviations; target [batch, 2 n]: n numbers of the action a, then its advantage A, then numbers that are not read.
    /// </summary>
    public static Value PolicyGradient(GraphBuilder b, Value output, Value target)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(target);
        long actions = Actions(output);
        return b.ReduceMean(b.Mul(Surprise(b, output, target, actions), Column(b, target, actions)), keepDims: false);
    }

    /// <summary>
    /// Proximal policy optimisation's clipped objective (Schulman et al. 2017, equation 7): -mean_i min(r_i A_i, clip(r_i, 1 - e, 1 + e) A_i), where r = p(a) / p_old(a). Its
    /// gradient at r = 1 is that of <see cref="PolicyGradient"/>; where r left the interval in the direction that A favours it is 0. Output as there; target [batch, 2 n] with
    /// n of 2 or more: n numbers of the action a, its advantage A, log p_old(a) without the density's constant, -sum(z^2 / 2 + log deviation), then numbers that are not read.
    /// </summary>
    /// <param name="b">Where to append.</param>
    /// <param name="output">Float [batch, 2 n].</param>
    /// <param name="target">Float [batch, 2 n].</param>
    /// <param name="clip">e, above 0 and below 1.</param>
    public static Value ClippedPolicyGradient(GraphBuilder b, Value output, Value target, double clip)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(target);
        long actions = Actions(output);
        if (actions < 2)
        {
            throw new GraphException($"The target of one action has no room for the probability that it was taken with, got {output}.");
        }

        Value ratio = b.Exp(b.Neg(b.Add(Surprise(b, output, target, actions), Column(b, target, actions + 1))));
        Value advantage = Column(b, target, actions);
        Value kept = b.Clip(ratio, b.Scalar((float)(1 - clip)), b.Scalar((float)(1 + clip)));
        return b.Neg(b.ReduceMean(b.Min(b.Mul(ratio, advantage), b.Mul(kept, advantage)), keepDims: false));
    }

    // The numbers in an action.
    private static long Actions(Value output) =>
        output.Shape[1].IsKnown && output.Shape[1].Size % 2 == 0
            ? output.Shape[1].Size / 2
            : throw new GraphException($"A policy gives means and as many logarithms of standard deviations, got {output}.");

    private static Value Column(GraphBuilder b, Value target, long at) => b.Slice(target, b.Ints(at), b.Ints(at + 1), b.Ints(1));

    // -log p(a), [batch, 1], but for what the density's constant adds, which has no gradient.
    private static Value Surprise(GraphBuilder b, Value output, Value target, long actions)
    {
        Value mean = b.Slice(output, b.Ints(0), b.Ints(actions), b.Ints(1));
        Value logDeviation = b.Slice(output, b.Ints(actions), b.Ints(2 * actions), b.Ints(1));
        Value action = b.Slice(target, b.Ints(0), b.Ints(actions), b.Ints(1));
        Value distance = b.Mul(b.Sub(action, mean), b.Exp(b.Neg(logDeviation)));
        return b.ReduceSum(b.Add(b.Mul(b.Mul(distance, distance), 0.5), logDeviation), [1], keepDims: true);
    }
}
