using Kindling.Bundles;
using Kindling.Graphs;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Engines;
using Kindling.Train.Meta;
using Kindling.Train.Session;
using Kindling.Train.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace Kindling.Evaluate.Benchmarks;

/// <summary>
/// Meta-training with MAML as one writes it by hand for libtorch: for each task inner SGD steps by <c>autograd.grad</c> with a graph of the gradients, the
/// gradient of the query loss, then Adam. Tasks run in parallel with one of libtorch's threads each, which is faster than one after the other with all.
/// </summary>
internal sealed class HandWrittenMaml : IDisposable
{
    private const ulong TaskStream = 1;
    private readonly Recipe recipe;
    private readonly ITaskFamily tasks;
    private readonly HandWrittenNetwork network;
    private readonly string[] names;
    private readonly TorchSharp.Modules.Parameter[] parameters;
    private readonly TorchSharp.Modules.Adam adam;
    private readonly int threads;
    private readonly bool secondOrder;
    private readonly Device device;
    private int iteration;

    /// <summary>A training at iteration 0, from the weights that meta-training starts from.</summary>
    /// <exception cref="GraphException">The recipe's inner rule is none that this is written for.</exception>
    public HandWrittenMaml(Recipe recipe, ITaskFamily tasks, int threads, bool secondOrder, TrainingDevice? device = null)
    {
        if (Fault(recipe) is { } fault)
        {
            throw new GraphException(fault);
        }

        _ = TorchNatives.Load();
        this.recipe = recipe;
        this.tasks = tasks;
        this.secondOrder = secondOrder;
        this.threads = threads;
        NetworkGraphs graphs = NetworkCatalogue.Build(
            recipe.Network,
            tasks.InputShape,
            tasks.IsClassification ? recipe.Tasks.Ways : tasks.OutputCount
        );
        network = new HandWrittenNetwork(recipe.Network, graphs, this.device = device?.Device ?? CPU);
        names = [.. graphs.Parameters.Select(p => p.Name)];
        network.Load(names.Zip(MetaTrainer.Initialise(graphs, recipe.Seed)).ToDictionary(p => p.First, p => p.Second));
        // a parameter takes over the tensor that it is made of
        parameters = [.. names.Select(name => new TorchSharp.Modules.Parameter(network[name].clone().DetachFromDisposeScope()))];
        adam = optim.Adam(parameters, recipe.Algorithm.OuterRate);
    }

    /// <summary>Why a recipe has no hand-written training; null where it has.</summary>
    public static string? Fault(Recipe recipe) =>
        recipe.Network is not { Head: "linear", Context: 0, Warp: false, Gate: false }
        || recipe.Network.Normalization == Normalization.Support
        || recipe.Adapters is not null
        || !HandWrittenNetwork.Has(recipe.Network)
            ? "The hand-written training has linear, mlp, policy, conv4 and detectors on conv4, without adapters and without statistics of the support set."
        : recipe.Inner
            is not {
                Optimizer: "sgd",
                Adapts: "all",
                LearnsRates: false,
                Schedule: InnerSpec.Constant,
                Proximal: 0,
                ClipNorm: 0,
                WeightDecay: 0,
                Loss: InnerSpec.DefaultLoss or InnerLosses.Detection,
                Batch: 0
            }
            ? "The hand-written training takes plain SGD steps of all parameters at one fixed rate, and no other rule."
        : null;

    /// <summary>A parameter in the layout of the catalogue.</summary>
    public FloatTensor Read(string name)
    {
        using IDisposable off = no_grad();
        _ = network[name].copy_(parameters[Array.IndexOf(names, name)]);
        return network.Read(name);
    }

    /// <summary>One iteration.</summary>
    /// <returns>Mean query loss of its tasks after adaptation.</returns>
    public float Step()
    {
        int count = recipe.Algorithm.TasksPerBatch;
        Tensor[][] gradients = new Tensor[count][];
        float[] losses = new float[count];
        OneByOne.For(0, count, threads, t => (gradients[t], losses[t]) = Task(t));
        using IDisposable scope = NewDisposeScope();
        using IDisposable off = no_grad();
        for (int p = 0; p < parameters.Length; p++)
        {
            Tensor sum = gradients[0][p];
            for (int t = 1; t < count; t++)
            {
                _ = sum.add_(gradients[t][p]);
            }

            parameters[p].grad = sum.div_(count);
        }

        _ = adam.step();
        foreach (Tensor gradient in gradients.SelectMany(g => g))
        {
            gradient.Dispose();
        }

        iteration++;
        return losses.Average();
    }

    public void Dispose()
    {
        adam.Dispose();
        foreach (TorchSharp.Modules.Parameter parameter in parameters)
        {
            parameter.Dispose();
        }

        network.Dispose();
    }

    private (Tensor[] Gradient, float Loss) Task(int task)
    {
        set_num_threads(1);
        Episode episode = tasks.Sample(
            Split.Train,
            recipe.Tasks.ToShape(),
            new SeededRandom(recipe.Seed, TaskStream, (ulong)iteration, (ulong)task)
        );
        using IDisposable scope = NewDisposeScope();
        Tensor[] theta = [.. parameters.Select(p => p.detach().requires_grad_())];
        Tensor[] phi = theta;
        Tensor supportX = TorchTensors.From(episode.SupportX).to(device);
        Tensor supportY = Labels(episode.SupportY);
        for (int k = 0; k < recipe.Inner.Steps; k++)
        {
            IList<Tensor> gradients = autograd.grad(
                [Loss(supportX, supportY, phi)],
                phi,
                retain_graph: secondOrder,
                create_graph: secondOrder
            );
            phi = [.. phi.Select((p, i) => p - (gradients[i] * recipe.Inner.Rate))];
        }

        Tensor loss = Loss(TorchTensors.From(episode.QueryX).to(device), Labels(episode.QueryY), phi);
        IList<Tensor> outer = autograd.grad([loss], theta);
        return ([.. outer.Select(g => g.DetachFromDisposeScope())], loss.item<float>());
    }

    private Tensor Loss(Tensor x, Tensor y, Tensor[] values)
    {
        Tensor output = network.Forward(x, name => values[Array.IndexOf(names, name)]);
        return tasks.IsClassification ? F.cross_entropy(output, y)
            : recipe.Network.FindsObjects() ? HandWrittenDetection.Loss(output, y)
            : F.mse_loss(output, y);
    }

    private Tensor Labels(FloatTensor y)
    {
        Tensor moved = TorchTensors.From(y).to(device);
        return tasks.IsClassification ? moved.to_type(ScalarType.Int64) : moved;
    }
}
