using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// One adaptation from a snapshot to the next: runs the inner loop, judges its points, and decides whether there is a result. Used by one thread.
/// </summary>
internal sealed class Adaptation : IDisposable
{
    private readonly AdaptOptions _options;
    private readonly AdaptRequest _request;
    private readonly Snapshot _before;
    private readonly SupportData _data;
    private readonly Judge? _judge;
    private readonly int _steps;
    private readonly List<float> _losses = [];
    private readonly List<float> _scores = [];

    /// <summary>The best point after the first step, or the last one where nothing judges; owned until it is taken.</summary>
    private Snapshot? _result;
    private int _resultStep;
    private Score _first;
    private Score _best;

    /// <summary>The step that no later one has beaten, the start included.</summary>
    private int _leader;
    private string? _fault;

    /// <summary>Checks the request against the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="before">Where to begin; the caller holds a reference for as long as this lives.</param>
    /// <param name="request">A valid request.</param>
    /// <exception cref="ArgumentException">Its examples do not fit the model.</exception>
    internal Adaptation(AdaptableModel model, Snapshot before, AdaptRequest request)
    {
        _options = model.Options;
        _request = request;
        _before = before;
        _steps = request.Steps ?? model.Steps;
        (SupportSet fitted, SupportSet? validation) =
            request.HoldOut > 0 ? HoldOut.Split(request.Support, request.HoldOut) : (request.Support, request.Validation);
        _data = SupportData.Create(model.Manifest, before.Heads, fitted);
        try
        {
            _judge = validation is null ? null : new Judge(model.Manifest, _data.Heads, validation, request.Metric);
        }
        catch
        {
            _data.Dispose();
            throw;
        }
    }

    /// <summary>Runs it. Call once.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    internal AdaptReport Run(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        TimeProvider clock = _options.TimeProvider;
        long started = clock.GetTimestamp();
        Loop(progress, cancellationToken);
        _fault ??= Fault();
        List<SupportFinding> findings = SupportInspector.Examine(_before, _fault is null ? _result : null, _request.Support);
        return new AdaptReport
        {
            Accepted = _fault is null,
            Reason = _fault ?? Verdict(),
            Steps = Math.Max(0, _losses.Count - 1),
            TakenStep = _fault is null ? _resultStep : 0,
            Losses = _losses,
            Validation = _judge is null ? null : _scores,
            Findings = findings,
            Elapsed = clock.GetElapsedTime(started),
        };
    }

    /// <summary>Hands over the result of an accepted adaptation.</summary>
    internal Snapshot TakeResult()
    {
        Snapshot result = _result!;
        _result = null;
        return result;
    }

    public void Dispose()
    {
        _result?.Release();
        _data.Dispose();
    }

    private void Loop(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        if (_request.TimeBudget is not { } budget)
        {
            InnerLoop.Run(_before, _data, _steps, (step, loss, delta) => Observe(step, loss, delta, progress), cancellationToken);
            return;
        }

        using CancellationTokenSource time = new(budget, _options.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            InnerLoop.Run(_before, _data, _steps, (step, loss, delta) => Observe(step, loss, delta, progress), either.Token);
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            _fault =
                $"The time budget of {budget.TotalMilliseconds:0.###} ms was used up after {Math.Max(0, _losses.Count - 1)} of {_steps} steps.";
        }
    }

    /// <summary>Gets each point of the inner loop; false ends it.</summary>
    private bool Observe(int step, float loss, TensorSet delta, IProgress<AdaptProgress>? progress)
    {
        _losses.Add(loss);
        if (!float.IsFinite(loss))
        {
            _fault = $"The loss is {loss} after {step} of {_steps} steps.";
            return false;
        }

        if (_judge is not null)
        {
            JudgePoint(step, delta);
        }
        else if (step == _steps)
        {
            (_result, _resultStep) = (Point(step, delta), step);
        }

        bool stalled = step - _leader >= _request.Patience;
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

    private void JudgePoint(int step, TensorSet delta)
    {
        Snapshot point = Point(step, delta);
        Score score = _judge!.Score(point);
        _scores.Add(score.Metric);
        if (step == 0)
        {
            point.Release();
            _first = score;
            return;
        }

        if (_result is not null && !score.IsBetterThan(_best))
        {
            point.Release();
            return;
        }

        _result?.Release();
        (_result, _resultStep, _best) = (point, step, score);
        if (score.IsBetterThan(_first))
        {
            _leader = step;
        }
    }

    private Snapshot Point(int step, TensorSet delta) =>
        new(_before.Start, delta, _data.Heads, _before.Steps + step, _request.Support.Invert ?? _before.Invert);

    /// <summary>The gate: why the result is not taken over; null when it is.</summary>
    private string? Fault()
    {
        TensorSet delta = _result!.Delta;
        for (int i = 0; i < delta.Layout.Entries.Length; i++)
        {
            foreach (float value in delta[i])
            {
                if (!float.IsFinite(value))
                {
                    return $"'{delta.Layout.Entries[i].Name}' holds {value} after {_resultStep} steps.";
                }
            }
        }

        if (!_options.RequireImprovement)
        {
            return null;
        }

        if (_judge is not null)
        {
            return _best.HasBetterMetricThan(_first)
                ? null
                : $"The validation {Metric} did not improve: {_first.Metric:0.######} before, {_best.Metric:0.######} at best, after {_resultStep} of {_steps} steps.";
        }

        return _losses[^1] < _losses[0]
            ? null
            : $"The loss did not fall: {_losses[0]:0.######} before, {_losses[^1]:0.######} after {_losses.Count - 1} steps.";
    }

    private string Verdict() =>
        _judge is null
            ? $"The loss went from {_losses[0]:0.######} to {_losses[^1]:0.######}."
            : $"The validation {Metric} went from {_first.Metric:0.######} to {_best.Metric:0.######} after {_resultStep} of {_steps} steps.";

    private string Metric => _request.Metric == AdaptMetric.Accuracy ? "accuracy" : "loss";
}
