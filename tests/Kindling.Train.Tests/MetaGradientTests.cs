using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Tests;

/// <summary>
/// The second-order meta-gradient (query loss after the inner loop, by the parameters and learned rates that it started from) against central differences of the
/// whole inner loop, in double.
/// </summary>
public sealed class MetaGradientTests
{
    private const int Outputs = 2;
    private const double Step = 1e-6;
    private const double Tolerance = 1e-6;

    private static readonly NetworkSpec Mlp = new() { Type = "mlp", Hidden = [5] };

    private static readonly TestCaseData[] Rows =
    [
        Row("linear", new NetworkSpec { Type = "linear" }, [3], new InnerSpec { Rate = 0.1, Steps = 3 }),
        Row("mlp", Mlp, [3], new InnerSpec { Rate = 0.1, Steps = 3 }),
        Row(
            "mlp, rates that fall",
            Mlp,
            [3],
            new InnerSpec
            {
                Rate = 0.2,
                Steps = 3,
                Schedule = "cosine",
            }
        ),
        Row(
            "mlp, momentum",
            Mlp,
            [3],
            new InnerSpec
            {
                Rate = 0.1,
                Steps = 3,
                Optimizer = "momentum",
            }
        ),
        Row(
            "mlp, adam",
            Mlp,
            [3],
            new InnerSpec
            {
                Rate = 0.01,
                Steps = 2,
                Optimizer = "adam",
                Epsilon = 0.1,
            }
        ),
        Row(
            "mlp, head only",
            Mlp,
            [3],
            new InnerSpec
            {
                Rate = 0.1,
                Steps = 2,
                Adapts = "head",
            }
        ),
        Row(
            "mlp, learned rates",
            Mlp,
            [3],
            new InnerSpec
            {
                Rate = 0.1,
                Rates = "learned",
                Steps = 3,
            }
        ),
        Row(
            "conv4 support, learned rates, adam",
            Conv4(Normalization.Support),
            [1, 16, 16],
            new InnerSpec
            {
                Rate = 0.01,
                Rates = "learned",
                Steps = 2,
                Optimizer = "adam",
                Epsilon = 0.1,
            }
        ),
        .. from positions in new[] { "learned", "rotary" }
        select Row(
            $"transformer {positions}",
            new NetworkSpec
            {
                Type = "transformer",
                Layers = 1,
                Width = 4,
                Heads = 2,
                FeedForward = 5,
                Positions = positions,
                Vocabulary = 5,
            },
            [6],
            new InnerSpec { Rate = 0.05, Steps = 2 }
        ),
        Row(
            "resnet12 batch",
            new NetworkSpec
            {
                Type = "resnet12",
                Widths = [2, 2, 2, 3],
                Normalization = Normalization.Batch,
            },
            [1, 16, 16],
            new InnerSpec { Rate = 0.05, Steps = 2 }
        ),
        Row(
            "dscnn layer",
            new NetworkSpec
            {
                Type = "dscnn",
                Layers = 2,
                Width = 2,
                Kernel = [4, 3],
                Normalization = Normalization.Layer,
            },
            [1, 9, 6],
            new InnerSpec { Rate = 0.05, Steps = 2 }
        ),
        Row(
            "tcn support",
            new NetworkSpec
            {
                Type = "tcn",
                Layers = 2,
                Width = 2,
                Normalization = Normalization.Support,
            },
            [2, 9],
            new InnerSpec { Rate = 0.05, Steps = 2 }
        ),
        .. from type in new[] { "gru", "lstm" }
        from vocabulary in new int?[] { 5, null }
        select Row(
            $"{type} of {(vocabulary is null ? "signals" : "codes")}",
            new NetworkSpec
            {
                Type = type,
                Layers = 2,
                Width = 3,
                Vocabulary = vocabulary,
            },
            vocabulary is null ? [2, 4] : [6],
            new InnerSpec { Rate = 0.05, Steps = 2 }
        ),
        Row(
            "text-cnn",
            new NetworkSpec
            {
                Type = "text-cnn",
                Width = 3,
                Kernel = [2, 3],
                Filters = 2,
                Vocabulary = 5,
            },
            [6],
            new InnerSpec { Rate = 0.05, Steps = 2 }
        ),
        Row("conv4 batch", Conv4(Normalization.Batch), [1, 16, 16], new InnerSpec { Rate = 0.05, Steps = 2 }),
        Row("conv4 support", Conv4(Normalization.Support), [1, 16, 16], new InnerSpec { Rate = 0.05, Steps = 2 }),
        Row("conv4 group", Conv4(Normalization.Group), [1, 16, 16], new InnerSpec { Rate = 0.05, Steps = 2 }),
        Row(
            "detector",
            new NetworkSpec { Type = "detector", Filters = 2 },
            [1, 16, 16],
            new InnerSpec
            {
                Rate = 0.05,
                Steps = 2,
                Loss = InnerLosses.Detection,
            }
        ),
    ];

    [TestCaseSource(nameof(Rows))]
    public void Run_SecondOrder_GradientEqualsFiniteDifferences(NetworkSpec spec, int[] input, InnerSpec rule)
    {
        using MetaGradient check = new(spec, input, rule);
        Assert.That(check.Error(secondOrder: true), Is.LessThan(Tolerance));
    }

    // The check itself: without the way through the inner loop the gradient is another.
    [TestCaseSource(nameof(Rows))]
    public void Run_FirstOrder_GradientIsAnother(NetworkSpec spec, int[] input, InnerSpec rule)
    {
        using MetaGradient check = new(spec, input, rule);
        Assert.That(check.Error(secondOrder: false), Is.GreaterThan(1000 * Tolerance));
    }

    private static NetworkSpec Conv4(Normalization mode) =>
        new()
        {
            Type = "conv4",
            Filters = 2,
            Groups = 2,
            Normalization = mode,
        };

    private static TestCaseData Row(string name, NetworkSpec spec, int[] input, InnerSpec rule) =>
        new TestCaseData(spec, input, rule).SetArgDisplayNames(name);

    /// <summary>One classification task with fixed data and start.</summary>
    private sealed class MetaGradient : IDisposable
    {
        private readonly Objective objective;
        private readonly InnerLoop inner;
        private readonly TorchTape tape = new(doublePrecision: true);
        private readonly int steps;
        private readonly DisposeScope scope;
        private readonly Tensor[] theta;
        private readonly Tensor[] x;
        private readonly Tensor y;
        private readonly Random random = new(5);

        public MetaGradient(NetworkSpec spec, int[] input, InnerSpec rule)
        {
            _ = TorchNatives.Load();
            scope = NewDisposeScope();
            NetworkGraphs network = NetworkCatalogue.Build(spec, input, Outputs);
            bool detects = spec.FindsObjects();
            objective = new Objective(network, classification: !detects, rule.Loss);
            inner = new InnerLoop(objective, rule);
            steps = rule.Steps;
            theta =
            [
                .. network.Parameters.Select(p => Draw([.. p.Shape.Select(d => (long)d)])),
                .. inner.Rates.Select(r => (Draw([.. r.Shape.Select(d => (long)d)]) * 0.5 + 1) * rule.Rate),
            ];
            x = [Inputs(spec, [4, .. input.Select(d => (long)d)]), Inputs(spec, [4, .. input.Select(d => (long)d)])];
            y = detects ? Boxes() : tensor([0L, 1L, 1L, 0L]);
        }

        /// <summary>
        /// The largest |d·g - difference along d| / max(1e-3, |difference|), d being the axes of the space of parameters, or 20 random directions
        /// where there are more than 60.
        /// </summary>
        public double Error(bool secondOrder)
        {
            Tensor[] start = [.. theta.Select(t => t.detach().clone().requires_grad_())];
            (Tensor loss, Tensor[] phi) = Loss(start, secondOrder);
            Tensor[] gradient = [.. autograd.grad([loss], secondOrder ? start : phi, allow_unused: true)];
            double worst = 0;
            foreach (Tensor[] direction in Directions())
            {
                using DisposeScope inside = NewDisposeScope();
                double difference = (Moved(direction, Step) - Moved(direction, -Step)) / (2 * Step);
                double slope = gradient.Zip(direction, (g, d) => (g * d).sum().item<double>()).Sum();
                worst = Math.Max(worst, Math.Abs(slope - difference) / Math.Max(1e-3, Math.Abs(difference)));
            }

            return worst;
        }

        public void Dispose()
        {
            tape.Dispose();
            scope.Dispose();
        }

        private double Moved(Tensor[] direction, double step)
        {
            using Tensor by = tensor(step);
            return Loss([.. theta.Zip(direction, (t, d) => (t - (d * -by)).detach().requires_grad_())], secondOrder: false)
                .Loss.item<double>();
        }

        private (Tensor Loss, Tensor[] Phi) Loss(Tensor[] start, bool secondOrder)
        {
            Tensor[] phi = inner.Run(tape, start, x[0], y, steps, secondOrder ? InnerFlow.Exact : InnerFlow.None);
            Tensor[] statistics = objective.Network.Statistics.Count == 0 ? [] : objective.Support(tape, x[0], y, phi).Statistics;
            return (objective.Query(tape, x[1], y, phi, statistics).Loss, phi);
        }

        private IEnumerable<Tensor[]> Directions()
        {
            if (theta.Sum(t => t.numel()) > 60)
            {
                return Enumerable.Range(0, 20).Select(_ => theta.Select(t => Draw(t.shape)).ToArray());
            }

            return from p in Enumerable.Range(0, theta.Length)
                from e in Enumerable.Range(0, (int)theta[p].numel())
                select theta.Select((t, i) => i == p ? Unit(t.shape, e) : zeros_like(t)).ToArray();
        }

        private static Tensor Unit(long[] shape, int element)
        {
            double[] values = new double[shape.Aggregate(1L, (a, b) => a * b)];
            values[element] = 1;
            return tensor(values, shape);
        }

        // four pictures of 2 x 2 cells, one of them with an object of a class in turn
        private static Tensor Boxes()
        {
            DetectionGrid grid = new(16, 16, Outputs);
            float[] targets = new float[4 * grid.Length];
            for (int i = 0; i < 4; i++)
            {
                grid.Write([(new Box(1 + i, 2, 13, 12 + i), i % Outputs)], targets.AsSpan(i * grid.Length, grid.Length));
            }

            return tensor(targets, [4, grid.Length]).to_type(ScalarType.Float64);
        }

        // codes are whole numbers, and padding behind them
        private Tensor Inputs(NetworkSpec spec, long[] shape)
        {
            if (spec.Vocabulary is not { } vocabulary)
            {
                return Draw(shape);
            }

            double[] codes = new double[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < codes.Length; i++)
            {
                codes[i] = i % shape[1] < 3 + (i / shape[1]) ? random.Next(1, vocabulary) : 0;
            }

            return tensor(codes, shape);
        }

        private Tensor Draw(long[] shape)
        {
            double[] values = new double[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (2 * random.NextDouble()) - 1;
            }

            return tensor(values, shape);
        }
    }
}
