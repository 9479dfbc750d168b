using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Evaluate.Baselines;

/// <summary>
/// The baselines of a bundle with their settings, which are chosen on validation tasks: the figure after the last step, averaged over fixed episodes,
/// is best; at a tie the smaller setting wins.
/// </summary>
internal sealed partial class BaselineSet
{
    private const int ValidationEpisodes = 50;
    private const string Joint = "joint";
    private const string WithoutJoint =
        "the bundle has no baselines.safetensors: it was exported from a checkpoint without a joint baseline";

    /// <summary>Inner rates that <c>joint</c> may take.</summary>
    private static readonly double[] Rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

    /// <summary>Strengths that <c>ridge</c> may take.</summary>
    private static readonly double[] Strengths = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

    private readonly List<IBaseline> baselines = [];
    private readonly Dictionary<string, double> settings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> absent = new(StringComparer.Ordinal);

    private BaselineSet() { }

    /// <summary>The baselines in the order of reports.</summary>
    public IReadOnlyList<IBaseline> Baselines => baselines;

    /// <summary>What was chosen: the inner rate of <c>joint</c>, the strength of <c>ridge</c>.</summary>
    public IReadOnlyDictionary<string, double> Settings => settings;

    /// <summary>Baselines that cannot be measured, and why.</summary>
    public IReadOnlyDictionary<string, string> Absent => absent;

    /// <summary>Prepares what the bundle allows.</summary>
    /// <param name="model">The bundle.</param>
    /// <param name="joint">Jointly trained weights; null if the bundle has none.</param>
    /// <param name="plan">The episodes.</param>
    /// <param name="seed">Seed of fresh parameters.</param>
    public static BaselineSet Prepare(AdaptableModel model, SafetensorsFile? joint, EpisodePlan plan, ulong seed)
    {
        BundleManifest manifest = model.Manifest;
        int[] input = [.. manifest.Input.Shape.Skip(1).Select(size => size!.Value)];
        NetworkGraphs network = plan.Recipe.Build(input, manifest.Output.Count);
        HashSet<string> frozen = [.. network.Parameters.Where(p => p.IsFrozen).Select(p => p.Name)];
        Dictionary<string, FloatTensor> fresh = Checkpoint
            .Named(network, MetaTrainer.Initialise(network, seed))
            .Where(p => !frozen.Contains(p.Key))
            .ToDictionary(StringComparer.Ordinal);
        BaselineSet set = new();
        if (manifest.IsLanguage)
        {
            set.AddTrained(Languages, model, joint, plan, network, fresh);
            set.baselines.AddRange(Compressor.All);
            return set;
        }

        if (manifest.IsDetection)
        {
            set.AddTrained(Objects, model, joint, plan, network, fresh);
            return set;
        }

        set.baselines.Add(new StartBaseline("random", model, new LearnerStart { Parameters = fresh }));
        if (manifest.IsClassification && manifest.Preprocessing.Text is not null)
        {
            set.AddTfIdf(plan);
        }

        string single = manifest.IsClassification ? "centroid" : "ridge";
        if (joint is null)
        {
            set.Lack(WithoutJoint, Joint, single);
            return set;
        }

        Episode[] validation;
        try
        {
            validation = [.. Enumerable.Range(0, ValidationEpisodes).Select(plan.Validation)];
        }
        catch (BundleException e)
        {
            // With data of the user's own the recipe's may be out of reach; the bundle itself can be measured all the same.
            set.Lack(Undrawn(e), Joint, single);
            return set;
        }

        Dictionary<string, FloatTensor> start = Start(network, fresh, joint);
        set.Choose(
            Rates,
            rate => new StartBaseline(Joint, model, new LearnerStart { Parameters = start, Rate = (float)rate }),
            manifest,
            validation
        );
        JointFeatures features = new(model, new LearnerStart { Parameters = start });
        if (manifest.IsClassification)
        {
            set.baselines.Add(new CentroidBaseline(features));
        }
        else
        {
            set.Choose(Strengths, strength => new RidgeBaseline(features, strength), manifest, validation);
        }

        return set;
    }

    private void AddTfIdf(EpisodePlan plan)
    {
        try
        {
            baselines.Add(new TfIdfBaseline(plan.TrainingTexts()));
        }
        catch (BundleException e)
        {
            absent["tfidf"] = $"the words of the recipe's training texts cannot be counted. {e.Message}";
        }
    }

    private void Lack(string reason, params string[] names) => Array.ForEach(names, name => absent[name] = reason);

    private static string Undrawn(BundleException why) =>
        $"their settings are chosen on the recipe's validation tasks, which cannot be drawn. {why.Message}";

    /// <summary>
    /// Jointly trained weights, and fresh ones where there are none: the head, where the bundle's classes are not those of the joint problem. What else a checkpoint holds,
    /// as rates, is left out.
    /// </summary>
    /// <exception cref="BundleException">They are those of another model.</exception>
    private static Dictionary<string, FloatTensor> Start(
        NetworkGraphs network,
        Dictionary<string, FloatTensor> fresh,
        SafetensorsFile joint
    )
    {
        Dictionary<string, FloatTensor> start = new(fresh, StringComparer.Ordinal);
        foreach (ParameterSpec parameter in network.Parameters.Where(p => fresh.ContainsKey(p.Name)))
        {
            FloatTensor? trained = joint.Tensors.GetValueOrDefault(parameter.Name);
            if (trained is not null && trained.Shape.SequenceEqual(parameter.Shape))
            {
                start[parameter.Name] = trained;
            }
            else if (!parameter.IsHead)
            {
                throw new BundleException(
                    $"The joint weights are those of another model: expected '{parameter.Name}' [{string.Join(", ", parameter.Shape)}], got {(trained is null ? $"only {string.Join(", ", joint.Tensors.Keys)}" : $"{trained}")}."
                );
            }
        }

        return start;
    }

    private void Choose(double[] grid, Func<double, IBaseline> make, BundleManifest manifest, Episode[] validation)
    {
        double Cost(double setting)
        {
            IBaseline baseline = make(setting);
            double mean = validation.Average(episode => baseline.Measure(episode)[^1]);
            return !double.IsFinite(mean) ? double.PositiveInfinity
                : Figures.MoreIsBetter(manifest) ? -mean
                : mean;
        }

        double best = grid.MinBy(Cost);
        IBaseline chosen = make(best);
        baselines.Add(chosen);
        settings[chosen.Name] = best;
    }
}
