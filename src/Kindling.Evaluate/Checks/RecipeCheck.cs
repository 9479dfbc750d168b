using Kindling.Autodiff;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Algorithms;
using Kindling.Train.Engines;
using Kindling.Train.Meta;
using Kindling.Train.Tapes;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Checks;

/// <summary>
/// Checks a recipe's gradients with finite differences in double precision on one of its training episodes: those of the support loss, from the
/// backward graph that the app's adaptation runs, and the outer gradient, from the code that training runs, through the whole inner loop.
/// </summary>
public static class RecipeCheck
{
    private const ulong PointStream = 7;
    private const ulong EpisodeStream = 8;
    private const ulong EntryStream = 9;

    /// <summary>Checks a recipe at parameters drawn by its seed.</summary>
    /// <exception cref="GraphException">The network is wrong, an operator has no gradient, or a loss is not finite.</exception>
    /// <exception cref="BundleException">The data do not fit the recipe.</exception>
    public static RecipeCheckReport Run(Recipe recipe, ITaskFamily tasks) => Run(recipe, tasks, wrong: 0);

    /// <summary>The check of gradients that are made wrong by a share, to check the check.</summary>
    internal static RecipeCheckReport Run(Recipe recipe, ITaskFamily tasks, double wrong)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(tasks);
        _ = TorchNatives.Load();
        int threads = get_num_threads();
        // the sums of several threads round differently from one call to the next, and differences of losses would show it
        set_num_threads(1);
        try
        {
            return Check(recipe, tasks, wrong);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static RecipeCheckReport Check(Recipe recipe, ITaskFamily tasks, double wrong)
    {
        bool classification = tasks.IsClassification;
        NetworkGraphs network = recipe.Build(tasks.InputShape, classification ? recipe.Tasks.Ways : tasks.OutputCount);
        Objective objective = new(network, classification, recipe.Inner.Loss);
        InnerLoop inner = new(objective, recipe);
        MetaAlgorithm algorithm = MetaAlgorithms.Create(objective, inner, recipe);
        using TorchTape tape = new(doublePrecision: true);
        using IDisposable scope = NewDisposeScope();
        Episode episode = tasks.Sample(Split.Train, recipe.Tasks.ToShape(), new SeededRandom(recipe.Seed, EpisodeStream));
        Tensor[] data = [.. TaskInput.Of(episode, classification).Select(d => Data(d.Tensor, d.IsLabels))];
        Tensor[] learned = Point(algorithm.Learned, recipe.Seed, recipe.Inner.Rate);
        return new()
        {
            Model = recipe.Name,
            Algorithm = recipe.Algorithm.Type,
            Steps = recipe.Inner.Steps,
            OuterGradient = algorithm.Kind switch
            {
                GradientKind.Exact => "that of the reported loss, through the whole inner loop",
                GradientKind.ConstantInner => "that of the reported loss, with the inner gradients as constants",
                _ => $"none: {recipe.Algorithm.Type} takes a direction that is no gradient of the reported loss",
            },
            Support = Support(
                tape,
                objective,
                inner,
                [.. learned.Take(network.Parameters.Count)],
                TaskValues<Tensor>.Of(data),
                recipe.Seed,
                wrong
            ),
            Outer = algorithm.Kind == GradientKind.Direction ? [] : Outer(tape, algorithm, recipe.Seed, learned, data, wrong),
        };
    }

    // What the app runs: the graph of the loss with the backward pass that Autodiff appends.
    private static List<TensorCheck> Support(
        TorchTape tape,
        Objective objective,
        InnerLoop inner,
        Tensor[] theta,
        TaskValues<Tensor> data,
        ulong seed,
        double wrong
    )
    {
        Graph loss = objective.SupportGraph;
        GraphBuilder b = new("gradient");
        Dictionary<string, Value> inputs = loss.Inputs.ToDictionary(
            v => v.Name,
            v => b.Input(v.Name, v.Type, v.Shape),
            StringComparer.Ordinal
        );
        IReadOnlyDictionary<string, Value> values = b.Inline(loss, inputs);
        ParameterSpec[] adapted = [.. inner.Adapted.Select(i => objective.Network.Parameters[i])];
        foreach (Value gradient in Differentiator.Gradients(b, values["loss"], [.. adapted.Select(p => inputs[p.Name])]))
        {
            _ = b.Output(gradient);
        }

        using TorchInterpreter interpreter = new(b.Graph, doublePrecision: true);
        Tensor[] gradients = interpreter.Run([data.SupportX, data.SupportY, .. theta]);
        FiniteDifferences differences = new(() =>
        {
            using IDisposable scope = NewDisposeScope();
            using IDisposable off = no_grad();
            return objective.Support(tape, data.SupportX, data.SupportY, theta).Loss.item<double>();
        });
        return
        [
            .. adapted.Select(
                (p, a) =>
                    differences.Compare(
                        p.Name,
                        theta[inner.Adapted[a]],
                        Values(gradients[a], wrong),
                        new SeededRandom(seed, EntryStream, 0, (ulong)a)
                    )
            ),
        ];
    }

    private static List<TensorCheck> Outer(
        TorchTape tape,
        MetaAlgorithm algorithm,
        ulong seed,
        Tensor[] learned,
        Tensor[] data,
        double wrong
    )
    {
        Phase phase = algorithm.At(0);
        Tensor? weights = phase.Weights.Length == 0 ? null : From(new FloatTensor([phase.Weights.Length], phase.Weights));
        // An exact gradient has to stand the test with everything in motion.
        FrozenTape<Tensor>? frozen = algorithm.Kind == GradientKind.ConstantInner ? new(tape) : null;
        ITape<Tensor> used = frozen is null ? tape : frozen;
        (Tensor[] gradients, _) = algorithm.Trace(used, phase, learned, data, weights);
        FiniteDifferences differences = new(() =>
        {
            using IDisposable scope = NewDisposeScope();
            frozen?.Rewind();
            return algorithm.Trace(used, phase, learned, data, weights).Loss.item<double>();
        });
        return
        [
            .. algorithm
                .Learned.Select((p, i) => (p, i))
                .Where(l => !l.p.IsFixed)
                .Select(l =>
                    differences.Compare(
                        l.p.Name,
                        learned[l.i],
                        Values(gradients[l.i], wrong),
                        new SeededRandom(seed, EntryStream, 1, (ulong)l.i)
                    )
                ),
        ];
    }

    // Fresh tensors, but none that stands exactly at 0 or 1: a bias of 0 under a blank picture sits on the kink of its ReLU.
    private static Tensor[] Point(IReadOnlyList<ParameterSpec> learned, ulong seed, double rate)
    {
        FloatTensor[] point = [.. MetaTrainer.Initialise(learned, seed, rate)];
        for (int i = 0; i < point.Length; i++)
        {
            if (learned[i].Initial is InitialDistribution.Zeros or InitialDistribution.Ones)
            {
                SeededRandom random = new(seed, PointStream, (ulong)i);
                float[] values = point[i].Values;
                for (int e = 0; e < values.Length; e++)
                {
                    values[e] += 0.1f * (float)random.NextGaussian();
                }
            }
        }

        return [.. point.Select(t => From(t).requires_grad_())];
    }

    private static Tensor From(FloatTensor data) => TorchTensors.From(data, ScalarType.Float64);

    private static Tensor Data(FloatTensor data, bool isLabels) =>
        isLabels ? TorchTensors.From(data).to_type(ScalarType.Int64) : From(data);

    private static double[] Values(Tensor gradient, double wrong) =>
        [.. gradient.detach().contiguous().data<double>().ToArray().Select(g => g * (1 + wrong))];
}
