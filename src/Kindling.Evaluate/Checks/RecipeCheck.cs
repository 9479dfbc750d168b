using Kindling.Autodiff;
using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;
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
        NetworkGraphs network = NetworkCatalogue.Build(
            recipe.Network,
            tasks.InputShape,
            classification ? recipe.Tasks.Ways : tasks.OutputCount
        );
        using Objective objective = new(network, classification, doublePrecision: true);
        using InnerLoop inner = new(objective, recipe.Inner, doublePrecision: true);
        TaskWorker worker = new(objective, inner, recipe.Algorithm.Type);
        using IDisposable scope = NewDisposeScope();
        Episode episode = tasks.Sample(Split.Train, recipe.Tasks.ToShape(), new SeededRandom(recipe.Seed, EpisodeStream));
        TaskTensors data = new(
            From(episode.SupportX),
            Labels(episode.SupportY, classification),
            From(episode.QueryX),
            Labels(episode.QueryY, classification)
        );
        Tensor[] theta = Point(network, recipe.Seed);
        return new()
        {
            Model = recipe.Name,
            Algorithm = recipe.Algorithm.Type,
            Steps = recipe.Inner.Steps,
            OuterGradient = recipe.Algorithm.Type switch
            {
                "maml" => "the query loss after adaptation, by the parameters before it",
                "fomaml" => "the query loss after adaptation, by the adapted parameters",
                _ => "none: reptile takes the way that adaptation goes",
            },
            Support = Support(objective, inner, theta, data, recipe.Seed, wrong),
            Outer = Outer(network, worker, recipe, theta, data, wrong),
        };
    }

    // What the app runs: the graph of the loss with the backward pass that Autodiff appends.
    private static List<TensorCheck> Support(
        Objective objective,
        InnerLoop inner,
        Tensor[] theta,
        TaskTensors data,
        ulong seed,
        double wrong
    )
    {
        Graph loss = Objective.WithLoss(objective.Network.Support, objective.IsClassification);
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
            return objective.Support(data.SupportX, data.SupportY, theta).Loss.item<double>();
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
        NetworkGraphs network,
        TaskWorker worker,
        Recipe recipe,
        Tensor[] theta,
        TaskTensors data,
        double wrong
    )
    {
        int steps = recipe.Inner.Steps;
        if (recipe.Algorithm.Type == "reptile")
        {
            return [];
        }

        (Tensor[] gradients, _) = worker.Gradient(theta, data, steps);
        // First order states the gradient at the adapted parameters, as if adaptation had not moved them.
        bool whole = recipe.Algorithm.Type == "maml";
        Tensor[] point = whole
            ? theta
            : [.. worker.Adapted(theta, data, steps, secondOrder: false).Phi.Select(p => p.detach().clone().requires_grad_())];
        FiniteDifferences differences = new(() =>
        {
            using IDisposable scope = NewDisposeScope();
            return worker.Adapted(point, data, whole ? steps : 0, secondOrder: false).Loss.item<double>();
        });
        return
        [
            .. network.Parameters.Select(
                (p, i) =>
                    differences.Compare(
                        p.Name,
                        point[i],
                        Values(gradients[i], wrong),
                        new SeededRandom(recipe.Seed, EntryStream, 1, (ulong)i)
                    )
            ),
        ];
    }

    // Fresh parameters, but none that stands exactly at 0 or 1: a bias of 0 under a blank picture sits on the kink of its ReLU.
    private static Tensor[] Point(NetworkGraphs network, ulong seed)
    {
        IReadOnlyList<FloatTensor> initial = MetaTrainer.Initialise(network, seed);
        for (int i = 0; i < initial.Count; i++)
        {
            if (network.Parameters[i].Initial is InitialDistribution.Zeros or InitialDistribution.Ones)
            {
                SeededRandom random = new(seed, PointStream, (ulong)i);
                float[] values = initial[i].Values;
                for (int e = 0; e < values.Length; e++)
                {
                    values[e] += 0.1f * (float)random.NextGaussian();
                }
            }
        }

        return [.. initial.Select(t => From(t).requires_grad_())];
    }

    private static Tensor From(FloatTensor data) => TorchTensors.From(data, ScalarType.Float64);

    private static Tensor Labels(FloatTensor y, bool classification) =>
        classification ? TorchTensors.From(y).to_type(ScalarType.Int64) : From(y);

    private static double[] Values(Tensor gradient, double wrong) =>
        [.. gradient.detach().contiguous().data<double>().ToArray().Select(g => g * (1 + wrong))];
}
