using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Tasks;

namespace Kindling.Evaluate.Streams;

/// <summary>Lets learners of a bundle follow streams of test tasks, as an app does, and measures what they keep.</summary>
public static class StreamEvaluator
{
    /// <summary>Evaluates a bundle.</summary>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    /// <exception cref="BundleException">The bundle is damaged or has no recipe, or the data are missing or do not fit it or the options.</exception>
    public static StreamEvaluationReport Evaluate(string path, StreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionFaults.Refuse(options.Validate(), nameof(options));
        using AdaptableModel model = AdaptableModel.Open(
            path,
            new AdaptOptions { Provider = options.Tasks.Provider, Device = options.Tasks.Device }
        );
        EpisodePlan plan = new(path, model.Manifest, options.Tasks);
        int segments = Segments(path, model.Manifest, plan, options);
        EpisodePlan.CheckExamples(path, model.Manifest, options.Part == 0 ? plan.Shape.Shots : options.Part);
        Course[] courses = [.. Enumerable.Range(0, options.Streams).Select(n => Follow(model, plan.Stream(n, segments), options.Part))];
        bool isError = !Figures.MoreIsBetter(model.Manifest);
        TransferFigures[] figures = [.. courses.Select(c => TransferFigures.Of(c.Matrix, isError))];
        return new StreamEvaluationReport
        {
            Bundle = path,
            Metric = Figures.Metric(model.Manifest),
            Streams = options.Streams,
            Segments = segments,
            Part = options.Part,
            Shots = plan.Shape.Shots,
            Queries = plan.Shape.Queries,
            Seed = options.Tasks.Seed,
            Online = Figure(courses.Select(c => c.Losses.Average())),
            Final = Figure(figures.Select(f => f.Final)),
            BackwardTransfer = Figure(figures.Select(f => f.Backward)),
            ForwardTransfer = isError ? Figure(figures.Select(f => f.Forward)) : null,
            Matrix =
            [
                .. Enumerable
                    .Range(0, segments + 1)
                    .Select(i => Enumerable.Range(0, segments).Select(j => courses.Average(c => c.Matrix[i][j])).ToArray()),
            ],
            BoundariesFound = Figure(courses.Select(c => (double)c.Found / (segments - 1))),
            FalseJumps = Figure(courses.Select(c => (double)c.False)),
        };
    }

    private static int Segments(string path, BundleManifest manifest, EpisodePlan plan, StreamOptions options)
    {
        if (!manifest.IsClassification)
        {
            return options.Segments ?? StreamOptions.DefaultSegments;
        }

        return options.Segments is { } asked && asked != plan.Shape.Ways
            ? throw new BundleException(
                $"{path}: the segments of a classification's stream are the classes of one task, of which there are {plan.Shape.Ways}; {asked} segments were asked for."
            )
            : plan.Shape.Ways;
    }

    private static Course Follow(AdaptableModel model, IReadOnlyList<StreamSegment> stream, int part)
    {
        using Learner learner = model.CreateLearner();
        Course course = new();
        double[] Row() => [.. stream.Select(s => Figures.Of(model.Manifest, learner.OutputsInductive(s.QueryX), s.QueryY))];
        course.Matrix.Add(Row());
        for (int i = 0; i < stream.Count; i++)
        {
            bool first = true;
            foreach ((FloatTensor x, FloatTensor y) in stream[i].Parts(part))
            {
                StreamReport report = learner.Observe(Examples(model.Manifest, x, y));
                course.Losses.Add(report.Loss);
                bool atBoundary = first && i > 0;
                course.Found += report.Jumped && atBoundary ? 1 : 0;
                course.False += report.Jumped && !atBoundary ? 1 : 0;
                first = false;
            }

            course.Matrix.Add(Row());
        }

        return course;
    }

    // Classes are named in the order in which they come, so that they take the head's slots in that order.
    private static SupportSet Examples(BundleManifest manifest, FloatTensor x, FloatTensor y)
    {
        if (!manifest.IsClassification)
        {
            return SupportSet.FromTargets(x, y);
        }

        int[] classes = [.. y.Values.Select(v => (int)v).Distinct()];
        return SupportSet.FromTensors(
            x,
            [.. y.Values.Select(v => Array.IndexOf(classes, (int)v))],
            [.. classes.Select(c => $"class {c:000}")]
        );
    }

    private static MetricSeries Figure(IEnumerable<double> values) => MetricSeries.Of([.. values.Select(v => new[] { v })]);

    /// <summary>What one stream showed.</summary>
    private sealed class Course
    {
        public List<double[]> Matrix { get; } = [];

        public List<double> Losses { get; } = [];

        public int Found { get; set; }

        public int False { get; set; }
    }
}
