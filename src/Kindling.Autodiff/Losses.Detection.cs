using Kindling.Graphs;

namespace Kindling.Autodiff;

/// <content>The loss of detectors.</content>
public static partial class Losses
{
    private const int Geometry = 5;
    private const double FocalBalance = 0.25;
    private const double Tiny = 1e-6;

    /// <summary>
    /// The loss of a detector without anchors (FCOS, Tian et al. 2019): the focal loss of each cell's objectness (Lin et al. 2017; alpha 0.25, gamma 2), and in cells that belong to an
    /// object 1 - GIoU of its box (Rezatofighi et al. 2019) and the cross-entropy of its class. Of each picture all three are sums over its cells divided by its number of
    /// cells with an object, at least 1; the mean over pictures.
    /// </summary>
    /// <param name="b">Where to append.</param>
    /// <param name="output">
    /// Float [batch, cells, 5 + slots]: a cell's logit of an object, the distances from its middle to the left, upper, right and lower edge, positive, and logits of the classes.
    /// </param>
    /// <param name="target">
    /// Float [batch, cells (5 + slots)]: 1 where there is an object, else 0 in all places; the distances; 1 for the class of the object, 0 for the others.
    /// </param>
    public static Value Detection(GraphBuilder b, Value output, Value target)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(target);
        if (output.Rank != 3 || !output.Shape[1].IsKnown || !output.Shape[2].IsKnown || output.Shape[2].Size <= Geometry)
        {
            throw new GraphException($"A detector gives [batch, cells, {Geometry} and a number for each class], got {output}.");
        }

        long length = output.Shape[2].Size;
        Value known = b.Reshape(target, 0, output.Shape[1].Size, length);
        Value there = Part(known, 0, 1);
        Value cells = b.Max(b.ReduceSum(there, [1, 2], keepDims: false), b.ScalarLike(there, 1));
        Value outside = Focal(b, Part(output, 0, 1), there);
        Value box = b.Mul(BoxLoss(b, Edges(output), Edges(known)), there);
        Value scores = Part(output, Geometry, length);
        Value ofClass = b.Neg(b.Mul(Part(known, Geometry, length), b.LogSoftmax(scores)));
        Value all = b.Add(b.ReduceSum(b.Add(outside, box), [1, 2], keepDims: false), b.ReduceSum(ofClass, [1, 2], keepDims: false));
        return b.ReduceMean(b.Div(all, cells), keepDims: false);

        Value Part(Value x, long from, long to) => b.Slice(x, b.Ints(from), b.Ints(to), b.Ints(2));
        Value[] Edges(Value x) => [Part(x, 1, 2), Part(x, 2, 3), Part(x, 3, 4), Part(x, 4, 5)];
    }

    // with p = sigmoid(z) and q what is missing to certainty, t (1 - p) + (1 - t) p: weight q^2 (softplus(z) - t z)
    private static Value Focal(GraphBuilder b, Value logit, Value target)
    {
        Value p = b.Sigmoid(logit);
        Value missing = b.Sub(b.Add(p, target), b.Mul(b.Mul(p, target), 2));
        Value surprise = b.Sub(b.Softplus(logit), b.Mul(target, logit));
        Value balance = b.Add(b.Mul(target, (2 * FocalBalance) - 1), 1 - FocalBalance);
        return b.Mul(b.Mul(balance, b.Mul(missing, missing)), surprise);
    }

    // 1 - IoU + (enclosing - union) / enclosing of two boxes about one point, each given by the distances to its edges
    private static Value BoxLoss(GraphBuilder b, Value[] output, Value[] target)
    {
        Value width = b.Add(b.Min(output[0], target[0]), b.Min(output[2], target[2]));
        Value height = b.Add(b.Min(output[1], target[1]), b.Min(output[3], target[3]));
        Value shared = b.Mul(b.Relu(width), b.Relu(height));
        Value union = b.Add(b.Sub(b.Add(Area(output), Area(target)), shared), Tiny);
        Value enclosing = b.Add(
            b.Mul(
                b.Add(b.Max(output[0], target[0]), b.Max(output[2], target[2])),
                b.Add(b.Max(output[1], target[1]), b.Max(output[3], target[3]))
            ),
            Tiny
        );
        // 1 - shared / union + 1 - union / enclosing
        return b.Add(b.Neg(b.Add(b.Div(shared, union), b.Div(union, enclosing))), 2);

        Value Area(Value[] d) => b.Mul(b.Add(d[0], d[2]), b.Add(d[1], d[3]));
    }
}
