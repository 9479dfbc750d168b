using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Control;
using Kindling.Tasks;

namespace Kindling.Evaluate.Streams;

/// <summary>Lets learners of a bundle follow streams of test tasks, as an app does, and measures what they keep.</summary>
public static class StreamEvaluator
{
    /// <summary>Times that a policy adapts in a world before it changes.</summary>
    private const int StepsInAWorld = 3;

    /// <summary>Evaluates a bundle.</summary>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    /// <exception cref="BundleException">The bundle is damaged or has no recipe, or the data are missing or do not fit it or the options.</exception>
    public static StreamEvaluationReport Evaluate(string path, StreamOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionFaults.Refuse(options.Validate(), nameof(options));
        bool lives = BundleRecipe.IsControl(path);
        if (lives)
        {
            ReturnEvaluator.RefuseOthers(path, options.Tasks);
        }

        using AdaptableModel model = AdaptableModel.Open(
            path,
            new AdaptOptions
            {
                Provider = options.Tasks.Provider,
                Device = options.Tasks.Device,
                // what a step is worth to a policy shows in the next episodes, not in its loss
                RequireImprovement = !lives,
            }
        );
        EpisodePlan plan = new(path, model.Manifest, options.Tasks);
        int segments = Segments(path, model.Manifest, plan, options);
        int once = plan.Recipe.Tasks.Shots;
        int part = options.Part ?? (lives ? once : 1);
        EpisodeShape shape = lives ? plan.Shape with { Shots = options.Tasks.Shots ?? StepsInAWorld * once } : plan.Shape;
        if (!lives)
        {
            EpisodePlan.CheckExamples(path, model.Manifest, part == 0 ? shape.Shots : part);
        }

        ManifestStream? rule = model.Manifest.InnerRule.Stream;
        StreamCourse[] courses = All(rule, adapts: true, measures: true);
        bool isError = !lives && !Figures.MoreIsBetter(model.Manifest);
        TransferFigures[] figures = [.. courses.Select(c => TransferFigures.Of(c.Matrix, isError))];
        return new StreamEvaluationReport
        {
            Bundle = path,
            Metric = lives ? EvaluationReport.ReturnMetric : Figures.Metric(model.Manifest),
            Streams = options.Streams,
            Segments = segments,
            Part = part,
            Shots = shape.Shots,
            Queries = shape.Queries,
            Seed = options.Tasks.Seed,
            Online = Online(courses),
            OnlineNeverAgain = rule is null ? null : Online(All(rule: null, adapts: true, measures: false)),
            OnlineUnadapted = model.Manifest.IsClassification ? null : Online(All(rule: null, adapts: false, measures: false)),
            Final = Figure(figures.Select(f => f.Final)),
            BackwardTransfer = Figure(figures.Select(f => f.Backward)),
            ForwardTransfer = model.Manifest.IsClassification ? null : Figure(figures.Select(f => f.Forward)),
            Matrix =
            [
                .. Enumerable
                    .Range(0, segments + 1)
                    .Select(i => Enumerable.Range(0, segments).Select(j => courses.Average(c => c.Matrix[i][j])).ToArray()),
            ],
            BoundariesFound = Figure(courses.Select(c => (double)c.Found / (segments - 1))),
            FalseJumps = Figure(courses.Select(c => (double)c.False)),
        };

        StreamCourse[] All(ManifestStream? rule, bool adapts, bool measures) =>
            [
                .. Enumerable
                    .Range(0, options.Streams)
                    .Select(n =>
                    {
                        using Learner learner = model.CreateLearner();
                        return plan.Worlds is { } worlds
                            ? new PolicyStreams(worlds, shape).Follow(
                                learner,
                                rule,
                                adapts,
                                segments,
                                part,
                                plan.RandomOfStream(n),
                                measures
                            )
                            : Follow(model.Manifest, learner, rule, adapts, plan.Stream(n, segments), part, measures);
                    }),
            ];
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

    private static StreamCourse Follow(
        BundleManifest manifest,
        Learner learner,
        ManifestStream? rule,
        bool adapts,
        IReadOnlyList<StreamSegment> stream,
        int part,
        bool measures
    )
    {
        StreamCourse course = new();
        Measure();
        for (int i = 0; i < stream.Count; i++)
        {
            bool first = true;
            foreach ((FloatTensor x, FloatTensor y) in stream[i].Parts(part))
            {
                SupportSet examples = Examples(manifest, x, y);
                if (adapts)
                {
                    StreamReport report = learner.Follow(examples, rule);
                    course.Add(report.Loss, report.Jumped, atBoundary: first && i > 0);
                }
                else
                {
                    course.Add(learner.Loss(examples), startedAgain: false, atBoundary: false);
                }

                first = false;
            }

            Measure();
        }

        return course;

        void Measure()
        {
            if (measures)
            {
                course.Matrix.Add([.. stream.Select(s => Figures.Of(manifest, learner.OutputsInductive(s.QueryX), s.QueryY))]);
            }
        }
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

    private static MetricSeries Online(StreamCourse[] courses) => Figure(courses.Select(c => c.Online.Average()));

    private static MetricSeries Figure(IEnumerable<double> values) => MetricSeries.Of([.. values.Select(v => new[] { v })]);
}
