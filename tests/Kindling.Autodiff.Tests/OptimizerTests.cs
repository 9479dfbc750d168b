using Kindling.Evaluate.Checks.Operators;
using Kindling.Graphs;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Autodiff.Tests;

public sealed class OptimizerTests
{
    private static readonly double[] Start = [0.5, -1.5, 2];

    private static IEnumerable<OptimizerRule> Rules =>
        from kind in OptimizerRule.Kinds
        from decay in new[] { 0, 0.1 }
        select new OptimizerRule
        {
            Kind = kind,
            WeightDecay = decay,
            Momentum = 0.8,
            Beta2 = 0.99,
        };

    private static IEnumerable<TestCaseData> Rows =>
        Rules.Select(rule => new TestCaseData(rule).SetArgDisplayNames(rule.Kind, $"decay {rule.WeightDecay}"));

    // loss sum(p^3 / 3), so that the gradient is p^2; 5 steps at rate 0.05
    [TestCaseSource(nameof(Rows))]
    public void Apply_FiveSteps_EqualTorchOptim(OptimizerRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _ = TorchNatives.Load();
        GraphBuilder b = new("update");
        Value p = b.Parameter("p", 3);
        IReadOnlyList<Value> state = Optimizers.DeclareState(b, rule, [p]);
        Value rate = b.Input("p.rate", ElementType.Float, Shape.Scalar);
        OptimizerStep next = Optimizers.Apply(b, rule, [p], [b.Mul(p, p)], [rate], state);
        foreach (Value value in next.Parameters.Concat(next.State))
        {
            _ = b.Output(value);
        }

        List<double[]> values = [Start, .. state.Select(s => new double[s.Rank == 0 ? 1 : 3])];
        for (int i = 0; i < 5; i++)
        {
            IEnumerable<(long[], double[])> inputs = values.Select(v => (v.Length == 1 ? Array.Empty<long>() : [3], v));
            values = [.. Engines.Torch(b.Graph, [.. inputs, ([], [0.05])])];
        }

        Assert.That(values[0], Is.EqualTo(Torch(rule)).Within(1e-6));
        if (rule.HasSecondMoment)
        {
            Assert.That(values[^1], Is.EqualTo(new[] { 5.0 }));
        }
    }

    private static double[] Torch(OptimizerRule rule)
    {
        using DisposeScope scope = NewDisposeScope();
        using TorchSharp.Modules.Parameter p = new(tensor(Start), requires_grad: true);
        using optim.Optimizer optimizer = rule.Kind switch
        {
            "sgd" => optim.SGD([p], 0.05, weight_decay: rule.WeightDecay),
            "momentum" => optim.SGD([p], 0.05, rule.Momentum, weight_decay: rule.WeightDecay),
            "adam" => optim.Adam([p], 0.05, rule.Beta1, rule.Beta2, rule.Epsilon, rule.WeightDecay),
            _ => optim.AdamW([p], 0.05, rule.Beta1, rule.Beta2, rule.Epsilon, rule.WeightDecay),
        };
        for (int i = 0; i < 5; i++)
        {
            optimizer.zero_grad();
            p.pow(3).sum().div(3).backward();
            _ = optimizer.step();
        }

        return p.detach().data<double>().ToArray();
    }
}
