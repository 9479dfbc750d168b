using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>
/// One adaptation from a snapshot to the next: runs the inner loop, judges its points, and keeps the one that its course takes. Used by one thread.
/// </summary>
internal sealed class Adaptation : IAdaptPoints, IDisposable
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
    private readonly AdaptCourse _course;

    /// <summary>The best point after the first step, or the last one where nothing judges; owned until it is taken.</summary>
    private Snapshot? _result;

    /// <summary>What the inner loop stands at, and its snapshot where the point was judged and is not kept.</summary>
    private TensorSet? _delta;
    private Snapshot? _point;

    /// <summary>Checks the request against the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="before">Where to begin; the caller holds a reference for as long as this lives.</param>
    /// <param name="request">A valid request.</param>
    /// <param name="onStream">
    /// Whether it follows a stream: a result counts that is as good as before, where it has to be better, and classes stay named where it begins at the start.
    /// </param>
    /// <exception cref="ArgumentException">Its examples do not fit the model.</exception>
    /// <exception cref="BundleException">The pause file is damaged or of another adaptation.</exception>
    internal Adaptation(AdaptableModel model, Snapshot before, AdaptRequest request, bool onStream = false)
    {
        _options = model.Options;
        _request = request;
        _before = before;
        _steps = request.Steps ?? model.Steps;
        // Prototypes of far apart classes have no loss to begin with, and are of these examples all the same.
        bool hasPrototypes = model.Manifest.Statistics.Any(statistic => statistic.FromLabels);
        _course = new AdaptCourse(request, _steps, _options.RequireImprovement, equalCounts: onStream || hasPrototypes);
        if (request.HoldOut > 0 && model.Manifest.InnerRule.Examples is { } all)
        {
            throw new ArgumentException(
                $"Adaptation of '{model.Manifest.Name}' reads exactly {all} examples, so that none can be held out; judge it by a validation set.",
                nameof(request)
            );
        }

        (SupportSet fitted, SupportSet? validation) = HoldOut.Of(request);
        Heads heads = request.FromStart && !onStream ? Heads.Initial(model.Manifest) : before.Heads;
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
    internal bool IsPlain => _judge is null && _request is { TimeBudget: null, MemoryBudget: null, PauseFile: null };

    /// <summary>Runs it. Call once.</summary>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    internal AdaptReport Run(IProgress<AdaptProgress>? progress, CancellationToken cancellationToken)
    {
        TimeProvider clock = _options.TimeProvider;
        long started = clock.GetTimestamp();
        bool finished =
            _course.Fits(_before.Engine.Manifest, _data.Count, _judge?.Inputs.Shape[0] ?? 0) && Loop(progress, cancellationToken);
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
            _course.Finish(() => _result!.Delta.NotFinite(), ReferenceEquals(_origin, _before) ? null : () => Score(_before));
            findings = SupportInspector.Examine(_origin, _course.Fault is null ? _result : null, _request.Support);
            if (_request.PauseFile is { } file)
            {
                File.Delete(file);
            }
        }

        return _course.Report(findings, elapsed);
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
            _course.EndOfTime();
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
                (_, loss, delta) => Observe(loss, delta, progress),
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
            _course.ResultStep,
            _course.Leader,
            delta,
            state,
            _result?.Delta,
            _course.Losses,
            [.. _course.Scores.SelectMany(score => new[] { score.Metric, score.Loss })]
        );

    private void Restore(PausedAdaptation paused)
    {
        if (_judge is null || paused.Step == 0)
        {
            _course.Resume(paused.LossesSoFar, [], leader: 0);
            return;
        }

        _course.Resume(
            paused.LossesSoFar,
            paused.ScoresSoFar.Chunk(2).Select(pair => new Score(_request.Metric, pair[0], pair[1])),
            paused.Leader
        );
        using TensorSet result = new(_origin.Engine.Delta);
        if (paused.TryCopyResult(result))
        {
            _result = Point(paused.ResultStep, result);
            _course.ResumeResult(paused.ResultStep);
        }
    }

    /// <summary>Gets each point of the inner loop; false ends it. Without a judge only the last point's parameters are looked at.</summary>
    internal bool Observe(float loss, TensorSet delta, IProgress<AdaptProgress>? progress)
    {
        _delta = delta;
        try
        {
            return _course.Observe(loss, this, progress);
        }
        finally
        {
            _point?.Release();
            _point = null;
        }
    }

    Score IAdaptPoints.Score() => Score(_point = Point(_course.Losses.Count - 1, _delta!));

    void IAdaptPoints.Keep()
    {
        _result?.Release();
        _result = _point ?? Point(_course.Losses.Count - 1, _delta!);
        _point = null;
    }

    private Score Score(Snapshot point) => _judge!.Score(point.Heads, InnerPoint.Inductive(point, _judge.Inputs, _judge.Inputs.Shape[0]));

    private Snapshot Point(int step, TensorSet delta) =>
        new(_origin.Start, delta, _data.Heads, _origin.Steps + step, _request.Support.Invert ?? _origin.Invert);
}
