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

    [Test]
    public void Trace_Leap_IsTheGradientOfThePathsLength()
    {
        Setting s = Create("leap");
        Leap leap = (Leap)s.Algorithm;
        (Tensor[] direction, _) = leap.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        List<Tensor[]> path = Path(s);
        Compare(s, direction, _ => true, () => leap.Length(tape, s.Learned, path, s.Task));
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

    [Test]
    public void Trace_WarpGrad_IsTheGradientOfTheStepsBehindThePathAndLeaps()
    {
        Setting s = Create("warpgrad");
        WarpGrad warp = (WarpGrad)s.Algorithm;
        Leap leap = new(s.Objective, s.Inner, s.Steps);
        (Tensor[] direction, _) = warp.Trace(tape, Phase.Only, s.Learned, s.Data, null);
        List<Tensor[]> path = Path(s);
        Compare(s, direction, i => !s.Inner.Adapted.Contains(i), () => warp.WarpLoss(tape, s.Learned, path, s.Task));
        Compare(s, direction, s.Inner.Adapted.Contains, () => leap.Length(tape, s.Learned, path, s.Task));
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

    private static Setting Create(string type) => Create(AlgorithmCase.All.Single(c => c.Type == type).Recipe(10, "torch", hidden: 5));

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
        return new(objective, inner, algorithm, recipe.Inner.Steps, learned, data);
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
            (_, phi) => path.Add([.. phi.Select(t => t.detach().clone().requires_grad_())])
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

    private sealed record Setting(Objective Objective, InnerLoop Inner, MetaAlgorithm Algorithm, int Steps, Tensor[] Learned, Tensor[] Data)
    {
        public TaskValues<Tensor> Task => TaskValues<Tensor>.Of(Data);
    }
}
