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

    /// <summary>Where the inner loop begins: the present state, or that of a fresh learner.</summary>
    private readonly Snapshot _origin;
    private readonly SupportData _data;
    private readonly Judge? _judge;
    private readonly int _steps;
    private readonly string? _identity;
    private readonly PausedAdaptation? _paused;
    private readonly List<float> _losses = [];
    private readonly List<Score> _scores = [];

    /// <summary>The best point after the first step, or the last one where nothing judges; owned until it is taken.</summary>
    private Snapshot? _result;
    private int _resultStep;

    /// <summary>The step that no later one has beaten, the start included.</summary>
    private int _leader;
    private Score? _present;
    private string? _fault;

    /// <summary>Checks the request against the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="before">Where to begin; the caller holds a reference for as long as this lives.</param>
    /// <param name="request">A valid request.</param>
    /// <exception cref="ArgumentException">Its examples do not fit the model.</exception>
    /// <exception cref="BundleException">The pause file is damaged or of another adaptation.</exception>
    internal Adaptation(AdaptableModel model, Snapshot before, AdaptRequest request)
    {
        _options = model.Options;
        _request = request;
        _before = before;
        _steps = request.Steps ?? model.Steps;
        (SupportSet fitted, SupportSet? validation) =
            request.HoldOut > 0 ? HoldOut.Split(request.Support, request.HoldOut) : (request.Support, request.Validation);
        Heads heads = request.FromStart ? Heads.Initial(model.Manifest) : before.Heads;
        _data = SupportData.Create(model.Manifest, heads, fitted);
        _origin = request.FromStart ? new Snapshot(before.Start, before.Start.Delta, heads, steps: 0) : before;
        try
        {
            _judge = validation is null ? null : new Judge(model.Manifest, _data.Heads, validation, request.Metric);
            if (request.PauseFile is { } file)
            {
                _identity = PausedAdaptation.Identity(before, request, _steps);
                _paused = PausedAdaptation.Find(file, _identity, _steps);
            }

            if (_paused is not null)
            {
                Restore(_paused);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the inner loop begins.</summary>
    internal Snapshot Origin => _origin;

    /// <summary>The examples that are fitted.</summary>
    internal SupportData Data => _data;

    /// <summary>Inner steps.</summary>
    internal int Steps => _steps;

    /// <summary>Whether it runs a fixed number of steps, and only its last point matters.</summary>
    internal bool IsPlain => _judge is null && _request is { TimeBudget: null, PauseFile: null };

    /// <summary>Runs it. Call once.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    internal AdaptReport Run(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        TimeProvider clock = _options.TimeProvider;
        long started = clock.GetTimestamp();
        bool finished = Loop(progress, cancellationToken);
        return Report(finished, clock.GetElapsedTime(started));
    }

    /// <summary>Decides whether there is a result.</summary>
    /// <param name="finished">Whether the inner loop came to its end.</param>
    /// <param name="elapsed">The time it took.</param>
    /// <remarks>The result of a request that went on from a pause file has the losses of all its steps and the time of this part.</remarks>
    internal AdaptReport Report(bool finished, TimeSpan elapsed)
    {
        List<SupportFinding> findings = [];
        if (finished)
        {
            _fault ??= Fault();
            findings = SupportInspector.Examine(_origin, _fault is null ? _result : null, _request.Support);
            if (_request.PauseFile is { } file)
            {
                File.Delete(file);
            }
        }

        return new AdaptReport
        {
            Accepted = _fault is null,
            Reason = _fault ?? Verdict(),
            Steps = Math.Max(0, _losses.Count - 1),
            TakenStep = _fault is null ? _resultStep : 0,
            Losses = _losses,
            Validation = _judge is null ? null : [.. _scores.Select(score => score.Metric)],
            Findings = findings,
            Elapsed = elapsed,
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
        if (!ReferenceEquals(_origin, _before))
        {
            _origin.Release();
        }

        _result?.Release();
        _data.Dispose();
    }

    /// <summary>Runs the inner loop; false when its time was used up.</summary>
    private bool Loop(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        if (_request.TimeBudget is not { } budget)
        {
            Loop(progress, cancellationToken, cancellationToken);
            return true;
        }

        using CancellationTokenSource time = new(budget, _options.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            Loop(progress, either.Token, cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            _fault =
                $"The time budget of {budget.TotalMilliseconds:0.###} ms was used up after {Math.Max(0, _losses.Count - 1)} of {_steps} steps"
                + (_request.PauseFile is { } file ? $"; the same request goes on from {file}." : ".");
            return false;
        }
    }

    private void Loop(IProgress<AdaptProgress>? progress, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            InnerLoop.Run(
                _origin,
                _data,
                _steps,
                (step, loss, delta) => Observe(step, loss, delta, progress),
                either,
                _paused,
                _identity is null ? null : Pause
            );
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // With the caller's own token, not the linked one.
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private void Pause(int step, TensorSet delta, TensorSet state) =>
        PausedAdaptation.Write(
            _request.PauseFile!,
            _identity!,
            step,
            _resultStep,
            _leader,
            delta,
            state,
            _result?.Delta,
            _losses,
            [.. _scores.SelectMany(score => new[] { score.Metric, score.Loss })]
        );

    private void Restore(PausedAdaptation paused)
    {
        _losses.AddRange(paused.LossesSoFar);
        if (_judge is null || paused.Step == 0)
        {
            return;
        }

        _scores.AddRange(paused.ScoresSoFar.Chunk(2).Select(pair => new Score(_request.Metric, pair[0], pair[1])));
        _leader = paused.Leader;
        using TensorSet result = new(_origin.Engine.Delta);
        if (paused.TryCopyResult(result))
        {
            (_result, _resultStep) = (Point(paused.ResultStep, result), paused.ResultStep);
        }
    }

    /// <summary>Gets each point of the inner loop; false ends it. Without a judge only the last point's parameters are looked at.</summary>
    internal bool Observe(int step, float loss, TensorSet delta, IProgress<AdaptProgress>? progress)
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
        _scores.Add(score);
        if (step == 0 || (_result is not null && !score.IsBetterThan(_scores[_resultStep])))
        {
            point.Release();
            return;
        }

        _result?.Release();
        (_result, _resultStep) = (point, step);
        if (score.IsBetterThan(_scores[0]))
        {
            _leader = step;
        }
    }

    private Snapshot Point(int step, TensorSet delta) =>
        new(_origin.Start, delta, _data.Heads, _origin.Steps + step, _request.Support.Invert ?? _origin.Invert);

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
            return _scores[_resultStep].HasBetterMetricThan(Present)
                ? null
                : $"The validation {Metric} did not improve: {Present.Metric:0.######} before, {_scores[_resultStep].Metric:0.######} at best, after {_resultStep} of {_steps} steps.";
        }

        return _losses[^1] < _losses[0]
            ? null
            : $"The loss did not fall: {_losses[0]:0.######} before, {_losses[^1]:0.######} after {_losses.Count - 1} steps.";
    }

    private string Verdict() =>
        _judge is null
            ? $"The loss went from {_losses[0]:0.######} to {_losses[^1]:0.######}."
            : $"The validation {Metric} went from {Present.Metric:0.######} to {_scores[_resultStep].Metric:0.######} after {_resultStep} of {_steps} steps.";

    /// <summary>What the result has to beat: the present state, whatever the loop began at.</summary>
    private Score Present => _present ??= ReferenceEquals(_origin, _before) ? _scores[0] : _judge!.Score(_before);

    private string Metric => _request.Metric == AdaptMetric.Accuracy ? "accuracy" : "loss";
}
