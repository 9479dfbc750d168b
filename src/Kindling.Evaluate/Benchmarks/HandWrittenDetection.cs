using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>The loss of a detector as one writes it by hand: focal loss, 1 - GIoU and cross-entropy, a picture's divided by its cells with an object.</summary>
internal static class HandWrittenDetection
{
    private const int Geometry = 5;
    private const double Balance = 0.25;
    private const double Tiny = 1e-6;

    /// <summary>The loss.</summary>
    /// <param name="output">[batch, cells, 5 + slots].</param>
    /// <param name="target">[batch, cells (5 + slots)].</param>
    public static Tensor Loss(Tensor output, Tensor target)
    {
        target = target.view(output.shape);
        long slots = output.shape[2] - Geometry;
        Tensor there = target.select(2, 0);
        Tensor logit = output.select(2, 0);
        Tensor surprise = F.binary_cross_entropy_with_logits(logit, there, reduction: TorchSharp.torch.nn.Reduction.None);
        Tensor probability = logit.sigmoid();
        Tensor missing = (probability * (1 - there)) + ((1 - probability) * there);
        Tensor focal = ((there * ((2 * Balance) - 1)) + (1 - Balance)) * missing * missing * surprise;
        Tensor ofClass = -(target.narrow(2, Geometry, slots) * output.narrow(2, Geometry, slots).log_softmax(2)).sum(2);
        Tensor cells = there.sum(1).clamp(min: 1);
        return ((focal + ofClass + (Boxes(output, target) * there)).sum(1) / cells).mean();
    }

    private static Tensor Boxes(Tensor output, Tensor target)
    {
        Tensor a = output.narrow(2, 1, 4);
        Tensor b = target.narrow(2, 1, 4);
        (Tensor least, Tensor most) = (a.minimum(b), a.maximum(b));
        Tensor shared = Product(least, clamped: true);
        Tensor union = Product(a, clamped: false) + Product(b, clamped: false) - shared + Tiny;
        return 2 - (shared / union) - (union / (Product(most, clamped: false) + Tiny));

        static Tensor Product(Tensor d, bool clamped)
        {
            Tensor sides = d.narrow(2, 0, 2) + d.narrow(2, 2, 2);
            sides = clamped ? sides.relu() : sides;
            return sides.select(2, 0) * sides.select(2, 1);
        }
    }
}
