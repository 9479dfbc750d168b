using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;
using Kindling.Train.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Kindling.Train.Tests;

/// <summary>The meta-learners whose direction is no gradient of the loss that they report: each against what its file says it is, in double.</summary>
public sealed class DirectionTests
{
    private const double Step = 1e-5;
    private DisposeScope scope = null!;
    private TorchTape tape = null!;

    [SetUp]
    public void Begin()
    {
        _ = TorchNatives.Load();
        scope = NewDisposeScope();
        tape = new TorchTape(doublePrecision: true);
    }

    [TearDown]
    public void End()
    {
        tape.Dispose();
        scope.Dispose();
    }

    [Test]
    public void Trace_Reptile_IsTheWayBackFromTheAdaptedParameters()
    {
        Setting s = Create("reptile");
        (Tensor[] direction, _) = s.Algorithm.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        Tensor[] phi = s.Inner.Run(tape, s.Learned, s.Task.SupportX, s.Task.SupportY, s.Steps, InnerFlow.None);
        for (int i = 0; i < phi.Length; i++)
        {
            Assert.That(Values(direction[i]), Is.EqualTo(Values(s.Learned[i] - phi[i])));
            Assert.That(Values(direction[i]), Has.Some.Not.Zero);
        }
    }

    [TestCase(0)]
    [TestCase(2)]
    public void Trace_Leap_IsTheGradientOfThePathsLength(int batch)
    {
        Setting s = Create("leap", batch);
        (Tensor[] direction, _) = s.Algorithm.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        List<Tensor[]> path = Path(s);
        Compare(s, direction, _ => true, () => Length(s, path));
    }

    // A step that is far too long: where the loss at its end is above that at its beginning, the piece counts as if it had gone down as much.
    [Test]
    public void Trace_LeapUphill_CountsTheRiseAsAFall()
    {
        Setting s = Create(
            Recipe.Parse(
                """
                {
                  "name": "uphill", "seed": 1, "network": { "type": "mlp", "hidden": [5] },
                  "tasks": { "type": "sinusoid", "shots": 5, "queries": 10 },
                  "algorithm": { "type": "leap", "iterations": 1, "tasksPerBatch": 1 },
                  "inner": { "rate": 3, "steps": 1 }
                }
                """,
                "test"
            )
        );
        (Tensor[] direction, _) = s.Algorithm.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        List<Tensor[]> path = Path(s);
        Tensor before = s.Objective.SupportLoss(tape, s.Task.SupportX, s.Task.SupportY, path[0]);
        double[][] slope = [.. tape.Gradients(before, path[0], differentiable: false).Select(Values)];
        double rise = s.Objective.SupportLoss(tape, s.Task.SupportX, s.Task.SupportY, path[1]).item<double>() - before.item<double>();
        double[][] way = [.. path[1].Zip(path[0], (to, from) => Values(to - from))];
        double length = Math.Sqrt((rise * rise) + way.Sum(w => w.Sum(v => v * v)));
        Assert.That(rise, Is.GreaterThan(1));
        for (int p = 0; p < direction.Length; p++)
        {
            double[] expected = [.. slope[p].Zip(way[p], (g, w) => ((rise * g) - w) / length)];
            Assert.That(Values(direction[p]), Is.EqualTo(expected).Within(1e-9));
        }
    }

    [TestCase(0)]
    [TestCase(2)]
    public void Trace_WarpGrad_IsTheGradientOfTheStepsBehindThePathAndLeaps(int batch)
    {
        Setting s = Create("warpgrad", batch);
        WarpGrad warp = (WarpGrad)s.Algorithm;
        (Tensor[] direction, _) = warp.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        List<Tensor[]> path = Path(s);
        Compare(s, direction, i => !s.Inner.Adapted.Contains(i), () => Behind(s, warp, path));
        Compare(s, direction, s.Inner.Adapted.Contains, () => Length(s, path));
    }

    // Adaptation that has reached its minimum, and a system that is solved: there the implicit gradient is the gradient.
    [TestCase(0)]
    [TestCase(2)]
    public void Trace_ImplicitMamlAtTheMinimum_IsTheGradientThroughTheWholeInnerLoop(int weightDecay)
    {
        Recipe recipe = Recipe.Parse(
            $$"""
            {
              "name": "minimum", "seed": 1, "network": { "type": "mlp", "hidden": [6] },
              "tasks": { "type": "sinusoid", "shots": 5, "queries": 10 },
              "algorithm": { "type": "imaml", "iterations": 1, "tasksPerBatch": 1, "conjugateSteps": 40 },
              "inner": { "rate": 0.02, "steps": 1000, "proximal": 4, "weightDecay": {{weightDecay}} }
            }
            """,
            "test"
        );
        Setting s = Create(recipe);
        (Tensor[] direction, _) = s.Algorithm.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        Compare(
            s,
            direction,
            _ => true,
            () =>
            {
                Tensor[] phi = s.Inner.Run(tape, s.Learned, s.Task.SupportX, s.Task.SupportY, s.Steps, InnerFlow.None);
                return s.Objective.Query(tape, s.Task.QueryX, s.Task.QueryY, phi, []).Loss;
            }
        );
    }

    // The length of a path of constants whose pieces' beginnings move with the initialisation.
    private Tensor Length(Setting s, List<Tensor[]> path)
    {
        int n = s.Parts.Length;
        double[] losses = [.. path.Select((point, k) => s.SupportLoss(tape, k % n, point).item<double>())];
        Tensor length = zeros(1, ScalarType.Float64);
        for (int k = 0; k + 1 < path.Count; k++)
        {
            Tensor[] from = [.. s.Learned.Select((start, i) => start + (path[k][i] - path[0][i]))];
            double end = losses[k] - Math.Abs(losses[k] - losses[k + 1]);
            Tensor square = from.Zip(path[k + 1], (a, c) => (a - c).square().sum()).Aggregate((a, c) => a + c);
            length += ((s.SupportLoss(tape, k % n, from) - end).square() + square).sqrt();
        }

        return length;
    }

    // The mean of the query losses one update behind a point of each step.
    private Tensor Behind(Setting s, WarpGrad warp, List<Tensor[]> path)
    {
        int n = s.Parts.Length;
        Tensor sum = zeros(1, ScalarType.Float64);
        for (int k = 0; k < s.Steps; k++)
        {
            (Tensor x, Tensor y) = s.Parts[k % n];
            sum += warp.LossBehind(tape, s.Learned, new(path[(k * n) + (k % n)], x, y, sum, []), s.Task);
        }

        return sum / s.Steps;
    }

    private static Setting Create(string type, int batch = 0)
    {
        Recipe recipe = AlgorithmCase.All.Single(c => c.Type == type).Recipe(10, "torch", hidden: 5);
        return Create(recipe with { Inner = recipe.Inner with { Batch = batch } });
    }

    private static Setting Create(Recipe recipe)
    {
        ITaskFamily family = TaskFamilies.Create(recipe.Tasks, "");
        NetworkGraphs network = recipe.Build(family.InputShape, family.OutputCount);
        Objective objective = new(network, classification: false);
        InnerLoop inner = new(objective, recipe);
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, inner, recipe);
        Tensor[] learned =
        [
            .. MetaTrainer.Initialise(algorithm.Learned, 3, 0).Select(t => TorchTensors.From(t, ScalarType.Float64).requires_grad_()),
        ];
        Tensor[] data =
        [
            .. TaskInput
                .Of(family.Sample(Split.Train, recipe.Tasks.ToShape(), new SeededRandom(4)), classification: false)
                .Select(d => TorchTensors.From(d.Tensor, ScalarType.Float64)),
        ];
        return new(objective, inner, algorithm, recipe.Inner, learned, data);
    }

    private List<Tensor[]> Path(Setting s)
    {
        List<Tensor[]> path =
        [
            [.. s.Learned.Select(t => t.detach().clone().requires_grad_())],
        ];
        _ = s.Inner.Run(
            tape,
            s.Learned,
            s.Task.SupportX,
            s.Task.SupportY,
            s.Steps,
            InnerFlow.None,
            updated: phi => path.Add([.. phi.Select(t => t.detach().clone().requires_grad_())])
        );
        return path;
    }

    private static void Compare(Setting s, Tensor[] direction, Func<int, bool> which, Func<Tensor> function)
    {
        for (int p = 0; p < s.Learned.Length; p++)
        {
            if (!which(p))
            {
                continue;
            }

            double[] given = Values(direction[p]);
            double largest = given.Max(Math.Abs);
            Assert.That(largest, Is.GreaterThan(0), s.Algorithm.Learned[p].Name);
            for (int e = 0; e < given.Length; e++)
            {
                double difference = (Moved(s.Learned[p], e, Step, function) - Moved(s.Learned[p], e, -Step, function)) / (2 * Step);
                Assert.That(given[e], Is.EqualTo(difference).Within(1e-5 * Math.Max(1e-2, largest)), $"{s.Algorithm.Learned[p].Name} {e}");
            }
        }
    }

    private static double Moved(Tensor tensor, int element, double by, Func<Tensor> function)
    {
        using DisposeScope inside = NewDisposeScope();
        Span<double> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(tensor.bytes);
        double before = values[element];
        values[element] = before + by;
        double result = function().item<double>();
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(tensor.bytes)[element] = before;
        return result;
    }

    private static double[] Values(Tensor tensor) => [.. tensor.detach().contiguous().data<double>().ToArray()];

    private sealed record Setting(
        Objective Objective,
        InnerLoop Inner,
        MetaAlgorithm Algorithm,
        InnerSpec Rule,
        Tensor[] Learned,
        Tensor[] Data
    )
    {
        public int Steps => Rule.Steps;

        public TaskValues<Tensor> Task => TaskValues<Tensor>.Of(Data);

        /// <summary>The examples of each update of a step.</summary>
        public (Tensor X, Tensor Y)[] Parts { get; } =
            Rule.Batch == 0 ? [(Data[0], Data[1])] : [.. Data[0].split(Rule.Batch).Zip(Data[1].split(Rule.Batch))];

        public Tensor SupportLoss(TorchTape tape, int part, Tensor[] parameters) =>
            Objective.SupportLoss(tape, Parts[part].X, Parts[part].Y, parameters);
    }
}
