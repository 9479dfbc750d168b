using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Meta;
using Kindling.Train.Session;
using static TorchSharp.torch;

namespace Kindling.Train.Tests;

/// <summary>What trains on a GPU, run on the processor: all tasks of an iteration in one program.</summary>
public sealed class DeviceLoopTests
{
    private const int Iterations = 6;

    private static IEnumerable<AlgorithmCase> Cases => AlgorithmCase.All;

    [TestCaseSource(nameof(Cases))]
    public void Run_ManyTasksAtOnce_SumsTheGradientsOfTheTorchEngine(AlgorithmCase algorithm)
    {
        Recipe recipe = algorithm.Recipe(Iterations, "torch");
        Assert.That(Difference(recipe, tasks: 7, TrainingDevice.DefaultMemory), Is.LessThan(algorithm.Tolerance));
    }

    [TestCaseSource(typeof(NetworkCase), nameof(NetworkCase.All))]
    public void Run_EveryNetwork_SumsTheGradientsOfTheTorchEngine(NetworkCase network)
    {
        Recipe recipe = network.Recipe(Iterations, "torch", steps: 2);
        Assert.That(Difference(recipe, tasks: 4, TrainingDevice.DefaultMemory, family: network.Tasks()), Is.LessThan(2e-4));
    }

    [Test]
    public void Run_Images_SumsTheGradientsOfTheTorchEngine(
        [Values("batch", "support", "group", "layer", "none")] string normalization,
        [Values("stride", "pool")] string downsample
    )
    {
        Assert.That(Difference(Images(normalization, downsample), tasks: 4, TrainingDevice.DefaultMemory), Is.LessThan(2e-4));
    }

    // bfloat16 has 8 bits, and a meta-gradient goes through many products of few examples
    [TestCase("batch")]
    [TestCase("layer")]
    public void Run_MixedPrecision_SumsRoundedGradients(string normalization)
    {
        Recipe recipe = Images(normalization, "stride");
        Assert.That(Difference(recipe, tasks: 4, TrainingDevice.DefaultMemory, mixed: true), Is.InRange(1e-3, 0.3));
    }

    [Test]
    public void Step_MixedPrecision_TrainsAsWell()
    {
        Recipe recipe = Images("batch", "stride");
        double[] losses = Array.ConvertAll<bool, double>([false, true], Last);
        TestContext.Out.WriteLine(string.Join(" ", losses));
        Assert.That(losses[1], Is.EqualTo(losses[0]).Within(10).Percent.And.Not.EqualTo(losses[0]).And.LessThan(0.8));

        double Last(bool mixed)
        {
            using MetaTrainer trainer = new(
                recipe.With(100, seed: null),
                TaskFamilies.Create(recipe.Tasks, ""),
                threads: 2,
                device: TrainingDevice.Processor(mixed: mixed)
            );
            Run(trainer, 80);
            return Enumerable.Range(0, 20).Average(_ => trainer.Step());
        }
    }

    [Test]
    public void Run_LittleMemory_TakesSeveralRunsToTheSameSum()
    {
        Recipe recipe = Images("batch", "stride");
        long all = Peak(recipe, tasks: 5, TrainingDevice.DefaultMemory, out int one);
        _ = Peak(recipe, tasks: 5, all / 2, out int several);
        Assert.That((one, several), Is.EqualTo((1, 3)), "two tasks fit, a third does not");
        Assert.That(Difference(recipe, tasks: 5, all / 2), Is.LessThan(2e-4));
    }

    [Test]
    public void Run_NotMemoryForOneTask_SaysHowMuchItTakes()
    {
        Assert.That(
            () => Peak(Images("batch", "stride"), tasks: 5, memory: 1000, out _),
            Throws
                .TypeOf<BundleException>()
                .With.Message.Match(@"One task of this recipe takes about 0\.[0-9]+ MB on the device, and 0\.001 MB are allowed\.")
        );
    }

    [TestCaseSource(nameof(Cases))]
    public void Restore_AfterHalfTheIterations_GivesTheBitsOfAnUninterruptedRun(AlgorithmCase algorithm)
    {
        using MetaTrainer first = Trainer(algorithm, threads: 2);
        Run(first, Iterations / 2);
        using MetaTrainer second = Trainer(algorithm, threads: 2);
        second.Restore(first.Snapshot(), first.Iteration, null);
        Run(second, Iterations);
        using MetaTrainer whole = Trainer(algorithm, threads: 1);
        Run(whole, Iterations);
        Assert.That(Flatten(second), Is.EqualTo(Flatten(whole)));
    }

    [Test]
    public void Step_OnADevice_TrainsAsTheProcessorDoes()
    {
        AlgorithmCase algorithm = AlgorithmCase.All.Single(c => c.Type == "maml");
        using MetaTrainer device = Trainer(algorithm, threads: 1);
        Run(device, Iterations);
        Recipe recipe = algorithm.Recipe(Iterations, "torch");
        using MetaTrainer processor = new(recipe, TaskFamilies.Create(recipe.Tasks, ""), threads: 1);
        Run(processor, Iterations);
        Assert.That(Flatten(device), Is.EqualTo(Flatten(processor)).Within(1e-4));
    }

    [Test]
    public void Step_Joint_TrainsAsTheProcessorDoes()
    {
        Recipe recipe = Images("batch", "stride");
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        using JointTrainer device = new(recipe, tasks, threads: 1, device: TrainingDevice.Processor());
        using JointTrainer processor = new(recipe, tasks, threads: 1);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(device.Step(), Is.EqualTo(processor.Step()).Within(1e-3));
        }
    }

    [TestCase("rates", 0)]
    [TestCase("rates", 0.5)]
    [TestCase("adam", 0)]
    [TestCase("adam", 0.5)]
    [TestCase("sgd", 0)]
    [TestCase("sgd", 0.5)]
    public void Step_OfTheOptimizer_IsTheProcessors(string kind, double clipNorm)
    {
        AlgorithmSpec spec = new()
        {
            Type = "maml",
            Iterations = 10,
            TasksPerBatch = 4,
            OuterOptimizer = kind,
            OuterRate = 0.1,
            ClipNorm = clipNorm,
            Schedule = "cosine",
        };
        ParameterSpec[] learned =
        [
            new("a", [2, 3], InitialDistribution.He, 1, false),
            new("b", [4], InitialDistribution.He, 1, false),
            new(GraphSignature.Rate("b"), [1, 4], InitialDistribution.He, 1, false),
        ];
        FloatTensor[] start = [.. MetaTrainer.Initialise(learned, 3, 0)];
        using DeviceOptimizer device = new(spec, learned, CPU);
        DeviceOptimizer.Write(device.Parameters, start);
        OuterOptimizer processor = new(spec, learned);
        float[][] expected = [.. start.Select(t => (float[])t.Values.Clone())];
        for (int iteration = 0; iteration < 5; iteration++)
        {
            FloatTensor[] gradient = [.. MetaTrainer.Initialise(learned, (ulong)iteration + 7, 0)];
            float[] sum = [.. gradient.SelectMany(g => g.Values).Select(v => v * 4)];
            using IDisposable off = no_grad();
            using Tensor given = tensor(sum);
            device.Step(given, 4, iteration);
            processor.Step(expected, [.. gradient.Select(g => g.Values.AsMemory())], iteration, iteration);
        }

        Assert.That(device.Read(device.Parameters).SelectMany(t => t.Values), Is.EqualTo(expected.SelectMany(v => v)).Within(1e-5));
        Assert.That(device.Read(device.Parameters).SelectMany(t => t.Values), Is.Not.EqualTo(start.SelectMany(t => t.Values)).Within(1e-3));
    }

    [Test]
    public void Create_GraphEngineOnADevice_IsRefused()
    {
        Recipe recipe = AlgorithmCase.All[0].Recipe(Iterations, "graph");
        Assert.That(
            () => new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), 1, device: TrainingDevice.Processor()),
            Throws
                .TypeOf<BundleException>()
                .With.Message.EqualTo("algorithm.engine: 'graph' computes on the processor; a device is used by 'torch'.")
        );
    }

    [Test]
    public void Create_SeveralProcessesOnADevice_AreRefused()
    {
        Recipe recipe = AlgorithmCase.All[0].Recipe(Iterations, "torch");
        (_, Exception?[] errors) = ThreadRanks.Run(
            2,
            ranks =>
            {
                using MetaTrainer trainer = new(
                    recipe,
                    TaskFamilies.Create(recipe.Tasks, ""),
                    1,
                    ranks: ranks,
                    device: TrainingDevice.Processor()
                );
                return true;
            }
        );
        Assert.That(errors.Select(e => e?.Message), Has.All.EqualTo("A device is used by one process; 2 train together here."));
    }

    [Test]
    [Category("Gpu")]
    public void Step_OnCuda_TrainsAsTheProcessorDoes()
    {
        if (Torch.TorchStatus.Probe().CudaDevices == 0)
        {
            Assert.Ignore("needs an NVIDIA GPU and a build with DEVICE=cuda");
        }

        Recipe recipe = Images("batch", "stride");
        ITaskFamily tasks = TaskFamilies.Create(recipe.Tasks, "");
        using MetaTrainer device = new(recipe, tasks, threads: 2, device: TrainingDevice.Cuda());
        using MetaTrainer processor = new(recipe, tasks, threads: 2);
        for (int i = 0; i < 3; i++)
        {
            Assert.That(device.Step(), Is.EqualTo(processor.Step()).Within(1).Percent);
        }
    }

    private static Recipe Images(string normalization, string downsample) =>
        Recipe.Parse(
            $$"""
            {
              "name": "images", "seed": 3,
              "network": { "type": "conv4", "filters": 8, "normalization": "{{normalization}}", "downsample": "{{downsample}}" },
              "tasks": { "type": "glyphs", "size": 16, "ways": 3, "shots": 2, "queries": 2, "trainClasses": 6, "validationClasses": 4, "testClasses": 4 },
              "algorithm": { "type": "maml", "iterations": 9, "tasksPerBatch": 4 },
              "inner": { "rate": 0.1, "steps": 2 }
            }
            """,
            "test"
        );

    private static long Peak(Recipe recipe, int tasks, long memory, out int runs)
    {
        (MetaAlgorithm algorithm, _, Func<int, TaskInput[]> draw) = Program(recipe);
        using StackedPrograms forms = new(algorithm, algorithm.At(0), draw(0), tasks, TrainingDevice.Processor(memory));
        runs = forms.Runs.Count;
        return forms.PeakBytes;
    }

    /// <summary>|a - b| / |b| of the summed gradient, over everything learned.</summary>
    private static double Difference(Recipe recipe, int tasks, long memory, bool mixed = false, ITaskFamily? family = null)
    {
        (MetaAlgorithm algorithm, FloatTensor[] learned, Func<int, TaskInput[]> draw) = Program(recipe, family);
        using TorchEngine engine = new(algorithm, threads: 2);
        TaskGradients one = new(algorithm.Learned, tasks);
        Phase phase = algorithm.At(0);
        engine.Run(phase, learned, draw, one);
        double[] expected = new double[algorithm.Learned.Sum(p => p.Count)];
        for (int t = 0; t < tasks; t++)
        {
            float[] gradient = [.. one[t].SelectMany(g => g.ToArray())];
            expected = [.. expected.Zip(gradient, (a, b) => a + b)];
        }

        using StackedPrograms forms = new(algorithm, phase, draw(0), tasks, TrainingDevice.Processor(memory, mixed));
        using IDisposable scope = TorchWork.Enter();
        using IDisposable off = no_grad();
        TaskInput[][] data = [.. Enumerable.Range(0, tasks).Select(draw)];
        Tensor[] shared = [.. learned.Select(t => Torch.TorchTensors.From(t))];
        Tensor[] weights = phase.Weights.Length == 0 ? [] : [tensor(phase.Weights)];
        double[] actual = new double[expected.Length];
        double loss = 0;
        for (int run = 0; run < forms.Runs.Count; run++)
        {
            (int from, int to) = forms.Runs[run];
            (Tensor gradient, Tensor sum) = forms.Run(run, [.. shared, .. weights, .. forms.Load(data.AsSpan(from..to))]);
            actual = [.. actual.Zip(gradient.data<float>().ToArray(), (a, b) => a + b)];
            loss += sum.item<float>();
        }

        Assert.That(loss / tasks, Is.EqualTo(one.Losses.Average()).Within(mixed ? 2 : 0.01).Percent);
        double size = Math.Sqrt(expected.Sum(v => v * v));
        Assert.That(size, recipe.Algorithm.Type == "random" ? Is.Zero : Is.Positive, "the tasks say something");
        double difference = Math.Sqrt(actual.Zip(expected, (a, b) => (a - b) * (a - b)).Sum());
        return difference == 0 ? 0 : difference / size;
    }

    private static (MetaAlgorithm Algorithm, FloatTensor[] Learned, Func<int, TaskInput[]> Draw) Program(
        Recipe recipe,
        ITaskFamily? given = null
    )
    {
        ITaskFamily family = given ?? TaskFamilies.Create(recipe.Tasks, "");
        int outputs = family.IsClassification ? recipe.Tasks.Ways : family.OutputCount;
        Objective objective = new(
            NetworkCatalogue.Build(recipe.Network, family.InputShape, outputs),
            family.IsClassification,
            recipe.Network.FindsObjects() ? recipe.Inner.Loss : InnerSpec.DefaultLoss
        );
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, new InnerLoop(objective, recipe), recipe);
        return (
            algorithm,
            [.. MetaTrainer.Initialise(algorithm.Learned, 5, recipe.Inner.Rate)],
            t => TaskInput.Of(family.Sample(Split.Train, recipe.Tasks.ToShape(), new SeededRandom(9, (ulong)t)), family.IsClassification)
        );
    }

    private static MetaTrainer Trainer(AlgorithmCase algorithm, int threads)
    {
        Recipe recipe = algorithm.Recipe(Iterations, "torch");
        return new MetaTrainer(recipe, TaskFamilies.Create(recipe.Tasks, ""), threads, device: TrainingDevice.Processor());
    }

    private static void Run(MetaTrainer trainer, int to)
    {
        while (trainer.Iteration < to)
        {
            _ = trainer.Step();
        }
    }

    private static float[] Flatten(MetaTrainer trainer) => [.. trainer.Parameters.SelectMany(p => p.Values)];
}
