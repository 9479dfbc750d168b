using Kindling.Bundles;
using Kindling.Recipes;

namespace Kindling.Export.Training;

/// <summary>
/// How a bundle's rates are said to ONNX Runtime Training, which has one rate a step for all parameters: the rates that a session is set to, and what each
/// adapted parameter's gradient is multiplied by in the training model.
/// </summary>
/// <param name="Session">A rate for each step; the last one goes on.</param>
/// <param name="Factors">A factor for each adapted parameter; all 1 where they have the same rates.</param>
public sealed record SessionRates(IReadOnlyList<float> Session, IReadOnlyList<float> Factors)
{
    /// <summary>Says rates, or why they cannot be said.</summary>
    /// <param name="inner">The rule.</param>
    /// <param name="rates">The rates of the adapted parameters: <c>[steps]</c>, or with the parameter's shape behind.</param>
    /// <param name="fault">The reason where the result is null.</param>
    public static SessionRates? Of(InnerSpec inner, IReadOnlyList<FloatTensor> rates, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(rates);
        fault = null;
        if (inner.Optimizer == "momentum")
        {
            fault = "ONNX Runtime Training has no SGD with momentum.";
        }
        else if (inner.WeightDecay != 0 && inner.Optimizer != "adamw")
        {
            fault = "ONNX Runtime Training has weight decay with AdamW only.";
        }
        else if (inner.LearnsLoss)
        {
            fault = "ONNX Runtime Training is given the loss that evaluation has, this rule descends a learned one.";
        }
        else if (inner.Proximal != 0)
        {
            fault = "ONNX Runtime Training has no pull back to the start.";
        }
        else if (inner.ClipNorm != 0)
        {
            fault = "ONNX Runtime Training clips gradients in its optimiser model only, which this bundle's do not.";
        }
        else if (rates.All(rate => rate.Rank == 1 && rate.Values.SequenceEqual(rates[0].Values)))
        {
            return new(rates[0].Values, [.. rates.Select(_ => 1f)]);
        }
        else if (inner.Optimizer == "sgd" && rates.All(rate => rate.Rank == 1 && rate.Count == 1))
        {
            // SGD moves by rate times gradient: a factor in one is a factor in the other. Adam's move does not depend on the gradient's scale.
            float common = (float)inner.Rate;
            return new([common], [.. rates.Select(rate => rate.Values[0] / common)]);
        }
        else
        {
            fault = "ONNX Runtime Training has one learning rate a step for all parameters, this rule has several.";
        }

        return null;
    }
}
