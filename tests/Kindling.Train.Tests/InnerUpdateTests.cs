using Kindling.Autodiff;
using Kindling.Graphs;
using Kindling.Recipes;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Train.Tests;

/// <summary>The update of an inner step against numbers worked out by hand: training and app run the same graph, so their agreement says nothing of it.</summary>
public sealed class InnerUpdateTests
{
    // parameters a = (1, 2), b = 3; gradients (3, 0) and 4, whose norm is 5; anchors (0, 1) and 3
    [TestCase(0, 0, new[] { -0.5, 2, 1 }, Description = "plain: p - 0.5 g")]
    [TestCase(1, 0, new[] { 0.7, 2, 2.6 }, Description = "clipped to norm 1: g / 5")]
    [TestCase(10, 0, new[] { -0.5, 2, 1 }, Description = "below the norm: as it is")]
    [TestCase(0, 2, new[] { -1.5, 1, 1 }, Description = "pulled: g + 2 (p - anchor)")]
    [TestCase(1, 2, new[] { 0.6273, 1.8509, 2.7019 }, Description = "pulled, then clipped: (5, 2, 4) / sqrt(45)")]
    public void Append_Sgd_IsTheRule(double clipNorm, double proximal, double[] expected)
    {
        InnerSpec spec = new()
        {
            Rate = 0.5,
            ClipNorm = clipNorm,
            Proximal = proximal,
        };
        GraphBuilder b = new("update");
        Value[] parameters = [b.Parameter("a", 2), b.Parameter("b", 1)];
        Value[] gradients = [b.Parameter("ga", 2), b.Parameter("gb", 1)];
        Value[] anchors = proximal == 0 ? [] : [b.Parameter("aa", 2), b.Parameter("ab", 1)];
        OptimizerStep step = InnerUpdate.Append(b, spec, parameters, gradients, anchors, [b.Scalar(0.5f), b.Scalar(0.5f)], []);
        foreach (Value value in step.Parameters)
        {
            _ = b.Output(value);
        }

        using TorchInterpreter interpreter = new(b.Graph);
        Tensor[] given = [tensor(new[] { 1f, 2 }), tensor(new[] { 3f }), tensor(new[] { 3f, 0 }), tensor(new[] { 4f })];
        Tensor[] pull = proximal == 0 ? [] : [tensor(new[] { 0f, 1 }), tensor(new[] { 3f })];
        Tensor[] next = interpreter.Run([.. given, .. pull]);
        Assert.That(next.SelectMany(t => t.data<float>().ToArray()), Is.EqualTo(expected).Within(1e-4));
    }
}
