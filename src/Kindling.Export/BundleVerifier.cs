using System.Text.Json;
using Kindling.Adapt;
using Kindling.Bundles;

namespace Kindling.Export;

/// <summary>Opens a bundle as an app would and replays the episodes that training left in it, one by one and, where the bundle can, all at once.</summary>
public static class BundleVerifier
{
    /// <summary>Sizes below this one count as this one when errors are taken relative to them.</summary>
    private const double LeastValue = 0.01;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Replays the reference episodes.</summary>
    /// <param name="path">The bundle.</param>
    /// <exception cref="BundleException">The bundle or its reference is missing or damaged.</exception>
    public static VerificationReport Verify(string path)
    {
        (Reference reference, SafetensorsFile file) = ReadReference(path);
        using AdaptableModel model = AdaptableModel.Open(path, new AdaptOptions { RequireImprovement = false });
        double worstNorm = 0;
        double worstValue = 0;
        double worstLoss = 0;
        long values = 0;
        long agreeing = 0;
        SortedSet<int> flipped = [];
        void Judge(int e, int step, IReadOnlyDictionary<string, FloatTensor> parameters)
        {
            (double norm, double[] errors) = Compare(
                parameters,
                reference,
                Tensor(file, $"{e}.norms"),
                Tensor(file, $"{e}.samples"),
                step - 1
            );
            worstNorm = Math.Max(worstNorm, norm);
            worstValue = Math.Max(worstValue, errors.DefaultIfEmpty().Max());
            int good = errors.Count(error => error <= VerificationReport.Tolerance);
            values += errors.Length;
            agreeing += good;
            if (!(norm <= VerificationReport.Tolerance && good == errors.Length))
            {
                _ = flipped.Add(e);
            }
        }

        SupportSet[] sets = [.. Enumerable.Range(0, reference.Episodes).Select(e => Support(model, file, e))];
        for (int e = 0; e < sets.Length; e++)
        {
            FloatTensor losses = Tensor(file, $"{e}.loss");
            using Learner learner = model.CreateLearner();
            learner.Trace(
                sets[e],
                reference.Steps,
                point =>
                {
                    worstLoss = Math.Max(worstLoss, Relative(point.Loss, losses.Values[point.Step]));
                    if (point.Step > 0)
                    {
                        Judge(e, point.Step, point.Parameters());
                    }
                }
            );
        }

        if (model.Manifest.Graphs.AdaptMany is not null)
        {
            JudgeTogether(model, sets, reference.Steps, (e, parameters) => Judge(e, reference.Steps, parameters));
        }

        return new(
            reference.Episodes,
            reference.Steps,
            reference.Episodes - flipped.Count,
            values == 0 ? 1 : (double)agreeing / values,
            worstNorm,
            worstValue,
            worstLoss,
            [.. flipped]
        );
    }

    /// <summary>All episodes at once, where the bundle has a graph for that: the same parameters at the end.</summary>
    private static void JudgeTogether(
        AdaptableModel model,
        SupportSet[] sets,
        int steps,
        Action<int, IReadOnlyDictionary<string, FloatTensor>> judge
    )
    {
        Learner[] learners = Array.ConvertAll(sets, _ => model.CreateLearner());
        _ = model
            .AdaptManyAsync([.. learners.Zip(sets, (learner, set) => (learner, new AdaptRequest { Support = set, Steps = steps }))])
            .GetAwaiter()
            .GetResult();
        for (int e = 0; e < learners.Length; e++)
        {
            judge(e, learners[e].Parameters);
            learners[e].Dispose();
        }
    }

    private static (Reference Reference, SafetensorsFile File) ReadReference(string path)
    {
        using BundleFiles files = BundleFiles.Open(path);
        if (!files.Contains("reference/reference.json") || !files.Contains("reference/episodes.safetensors"))
        {
            throw new BundleException($"{path}: the bundle has no reference episodes to replay.");
        }

        Reference reference =
            JsonSerializer.Deserialize<Reference>(files.Read("reference/reference.json"), Json)
            ?? throw new BundleException($"{path}: reference/reference.json is empty.");
        return (reference, SafetensorsFile.Parse(files.Read("reference/episodes.safetensors"), $"{path}: reference/episodes.safetensors"));
    }

    private static (double Norm, double[] Values) Compare(
        IReadOnlyDictionary<string, FloatTensor> parameters,
        Reference reference,
        FloatTensor norms,
        FloatTensor samples,
        int step
    )
    {
        int count = reference.Parameters.Count;
        int width = samples.Shape[2];
        double difference = 0;
        double size = 0;
        List<double> values = [];
        for (int p = 0; p < count; p++)
        {
            float[] ours = parameters[reference.Parameters[p]].Values;
            double norm = Math.Sqrt(ours.Sum(v => (double)v * v));
            double expected = norms.Values[(step * count) + p];
            difference += (norm - expected) * (norm - expected);
            size += expected * expected;
            IReadOnlyList<int> positions = reference.SamplePositions[reference.Parameters[p]];
            double largest = Math.Max(LeastValue, ours.Max(Math.Abs));
            for (int s = 0; s < positions.Count; s++)
            {
                values.Add(Math.Abs(ours[positions[s]] - samples.Values[(((step * count) + p) * width) + s]) / largest);
            }
        }

        // Parameters that start at 0, a context or the offsets of prototypes, may hardly move: the floor is that of single values.
        return (Math.Sqrt(difference) / Math.Max(Math.Sqrt(size), LeastValue), [.. values]);
    }

    private static SupportSet Support(AdaptableModel model, SafetensorsFile file, int episode)
    {
        FloatTensor x = Tensor(file, $"{episode}.support.x");
        FloatTensor y = Tensor(file, $"{episode}.support.y");
        return model.Manifest.IsClassification
            ? SupportSet.FromTensors(
                x,
                [.. y.Values.Select(v => (int)v)],
                [.. Enumerable.Range(0, model.Manifest.Output.Count).Select(i => $"class {i:00}")]
            )
            : SupportSet.FromTargets(x, y);
    }

    private static FloatTensor Tensor(SafetensorsFile file, string name) =>
        file.Tensors.TryGetValue(name, out FloatTensor? tensor)
            ? tensor
            : throw new BundleException($"The reference has no tensor '{name}'.");

    private static double Relative(double a, double b) => Math.Abs(a - b) / Math.Max(Math.Abs(b), 1e-3);

    private sealed record Reference(int Episodes, int Steps, IReadOnlyList<string> Parameters, Dictionary<string, int[]> SamplePositions);
}
