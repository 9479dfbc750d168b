using System.Globalization;

namespace Kindling.Bundles;

/// <summary>
/// The course of one adaptation, whichever engine runs it: losses and scores of its points, which of them is the result, and whether that counts. Used by
/// one thread.
/// </summary>
internal sealed class AdaptCourse
{
    private readonly AdaptRequest _request;
    private readonly int _steps;
    private readonly bool _requireImprovement;
    private readonly bool _equalCounts;
    private readonly List<float> _losses = [];
    private readonly List<Score> _scores = [];
    private bool _hasResult;
    private Score _present;

    /// <summary>Begins a course.</summary>
    /// <param name="request">A valid request.</param>
    /// <param name="steps">Inner steps to do.</param>
    /// <param name="requireImprovement">Whether a result counts only when it improved what judges it.</param>
    /// <param name="equalCounts">Whether it does when the loss of the examples stayed as it was, too.</param>
    internal AdaptCourse(AdaptRequest request, int steps, bool requireImprovement, bool equalCounts = false)
    {
        _equalCounts = equalCounts;
        _request = request;
        _steps = steps;
        _requireImprovement = requireImprovement;
    }

    /// <summary>Losses of the points so far.</summary>
    internal IReadOnlyList<float> Losses => _losses;

    /// <summary>Scores of the points so far; empty where nothing judges.</summary>
    internal IReadOnlyList<Score> Scores => _scores;

    /// <summary>The step of the best point after the first step, or of the last one where nothing judges.</summary>
    internal int ResultStep { get; private set; }

    /// <summary>The step that no later one has beaten, the start included.</summary>
    internal int Leader { get; private set; }

    /// <summary>Why there is no result, or none that counts; null while nothing speaks against it.</summary>
    internal string? Fault { get; private set; }

    private bool IsJudged => _request.Validation is not null || _request.HoldOut > 0;

    private string Metric => _request.Metric == AdaptMetric.Accuracy ? "accuracy" : "loss";

    private int Done => Math.Max(0, _losses.Count - 1);

    /// <summary>Refuses a request that is not valid by itself.</summary>
    /// <exception cref="ArgumentException">It has faults, of which all are listed.</exception>
    internal static void Check(AdaptRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(request.Support, "support");
        IReadOnlyList<string> faults = request.Validate();
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The request has {faults.Count} fault(s): {string.Join(" ", faults)}", nameof(request));
        }
    }

    /// <summary>Whether it may begin: whether it keeps its memory budget.</summary>
    /// <exception cref="BundleException">There is a budget, and the bundle does not say what memory its graphs take.</exception>
    internal bool Fits(BundleManifest manifest, int examples, int validation)
    {
        if (_request.MemoryBudget is not { } budget)
        {
            return true;
        }

        long Bytes(int count) =>
            manifest.AdaptationBytes(count, validation, _request.MicroBatch)
            ?? throw new BundleException(
                $"Bundle '{manifest.Name}' does not say what memory an adaptation takes, which a memory budget needs; write it anew with `kindling export`."
            );
        long bytes = Bytes(examples);
        if (bytes <= budget)
        {
            return true;
        }

        string advice =
            _request.MicroBatch is { } size ? $" in parts of {size}"
            : LargestPart(manifest, examples, validation, budget) is { } part
                ? $", a MicroBatch of {part} or {Most(Bytes, budget)} examples would do"
            : $", {Most(Bytes, budget)} would do";
        Fault =
            $"The memory budget of {Megabytes(budget)} MB is too small: to fit {examples} examples takes about {Megabytes(bytes)} MB{advice}.";
        return false;
    }

    private static long Most(Func<int, long> bytes, long budget)
    {
        long each = bytes(1) - bytes(0);
        return each == 0 ? 0 : Math.Max(0, (budget - bytes(0)) / each);
    }

    private static int? LargestPart(BundleManifest manifest, int examples, int validation, long budget)
    {
        if (manifest.AccumulationFault() is not null)
        {
            return null;
        }

        int part = examples / 2;
        while (part > 0 && manifest.AdaptationBytes(examples, validation, part) > budget)
        {
            part /= 2;
        }

        return part > 0 ? part : null;
    }

    /// <summary>Goes on from a paused course.</summary>
    internal void Resume(IEnumerable<float> losses, IEnumerable<Score> scores, int leader)
    {
        _losses.AddRange(losses);
        _scores.AddRange(scores);
        Leader = leader;
    }

    /// <summary>The step of a result that a paused course had.</summary>
    internal void ResumeResult(int step) => (_hasResult, ResultStep) = (true, step);

    /// <summary>Gets the next point of the inner loop, from the one before the first step on.</summary>
    /// <param name="loss">Loss of the fitted examples there.</param>
    /// <param name="points">The engine, standing at the point.</param>
    /// <param name="progress">Told that a step begins.</param>
    /// <returns>Whether to go on; after the last step nobody asks.</returns>
    internal bool Observe(float loss, IAdaptPoints points, IProgress<AdaptProgress>? progress)
    {
        int step = _losses.Count;
        _losses.Add(loss);
        if (!float.IsFinite(loss))
        {
            Fault = $"The loss is {loss} after {step} of {_steps} steps.";
            return false;
        }

        if (IsJudged ? IsBest(step, points.Score()) : step == _steps)
        {
            (_hasResult, ResultStep) = (true, step);
            points.Keep();
        }

        bool stalled = step - Leader >= _request.Patience;
        if (step < _steps && !stalled)
        {
            progress?.Report(
                new AdaptProgress
                {
                    Step = step + 1,
                    Steps = _steps,
                    Loss = loss,
                }
            );
        }

        return !stalled;
    }

    /// <summary>The time was used up.</summary>
    internal void EndOfTime() =>
        Fault =
            $"The time budget of {_request.TimeBudget!.Value.TotalMilliseconds:0.###} ms was used up after {Done} of {_steps} steps"
            + (_request.PauseFile is { } file ? $"; the same request goes on from {file}." : ".");

    /// <summary>The gate at the end: whether the result counts.</summary>
    /// <param name="notFinite">A number of the result that is not finite, with its tensor's name; not called where there is no result.</param>
    /// <param name="present">The score of the learner as it was, which the result has to beat; null where the course began there.</param>
    internal void Finish(Func<(string Name, float Value)?> notFinite, Func<Score>? present)
    {
        if (Fault is null && notFinite() is var (name, value))
        {
            Fault = $"'{name}' holds {value} after {ResultStep} steps.";
        }

        if (Fault is not null)
        {
            return;
        }

        if (IsJudged)
        {
            _present = present?.Invoke() ?? _scores[0];
        }

        Fault = _requireImprovement ? NotBetter() : null;
    }

    /// <summary>What the course came to.</summary>
    internal AdaptReport Report(IReadOnlyList<SupportFinding> findings, TimeSpan elapsed) =>
        new()
        {
            Accepted = Fault is null,
            Reason = Fault ?? Verdict(),
            Steps = Done,
            TakenStep = Fault is null ? ResultStep : 0,
            Losses = _losses,
            Validation = IsJudged ? [.. _scores.Select(score => score.Metric)] : null,
            Findings = findings,
            Elapsed = elapsed,
        };

    private bool IsBest(int step, Score score)
    {
        _scores.Add(score);
        if (step == 0 || (_hasResult && !score.IsBetterThan(_scores[ResultStep])))
        {
            return false;
        }

        if (score.IsBetterThan(_scores[0]))
        {
            Leader = step;
        }

        return true;
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.###", CultureInfo.InvariantCulture);

    private string? NotBetter()
    {
        if (IsJudged)
        {
            return _scores[ResultStep].HasBetterMetricThan(_present)
                ? null
                : $"The validation {Metric} did not improve: {_present.Metric:0.######} before, {_scores[ResultStep].Metric:0.######} at best, after {ResultStep} of {_steps} steps.";
        }

        return _losses[^1] < _losses[0] || (_equalCounts && _losses[^1] == _losses[0])
            ? null
            : $"The loss did not fall: {_losses[0]:0.######} before, {_losses[^1]:0.######} after {_losses.Count - 1} steps.";
    }

    private string Verdict() =>
        IsJudged
            ? $"The validation {Metric} went from {_present.Metric:0.######} to {_scores[ResultStep].Metric:0.######} after {ResultStep} of {_steps} steps."
            : $"The loss went from {_losses[0]:0.######} to {_losses[^1]:0.######}.";
}
