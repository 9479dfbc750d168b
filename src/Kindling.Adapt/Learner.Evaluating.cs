using Kindling.Bundles;

namespace Kindling.Adapt;

/// <summary>What measuring needs beyond what an app does: every step of an adaptation, raw outputs, features.</summary>
public sealed partial class Learner
{
    /// <summary>
    /// Runs an inner loop from the present parameters and shows each point of it, without changing the learner: no gate, no limit but the loop's.
    /// </summary>
    /// <param name="support">The examples.</param>
    /// <param name="steps">Inner steps; <paramref name="observe"/> is called <c>steps + 1</c> times.</param>
    /// <param name="observe">Gets the point before the first step and after each one; the point is valid during the call only.</param>
    /// <param name="cancellationToken">Stops at once.</param>
    public void Trace(SupportSet support, int steps, Action<InnerPoint> observe, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        ArgumentNullException.ThrowIfNull(observe);
        Snapshot start = Acquire();
        try
        {
            using SupportData data = SupportData.Create(_model.Manifest, start.Heads, support);
            InnerLoop.Run(
                start,
                data,
                steps,
                (step, loss, delta) =>
                {
                    Snapshot snapshot = new(start.Start, delta, data.Heads, start.Steps + step);
                    try
                    {
                        observe(new InnerPoint(snapshot, step, loss));
                    }
                    finally
                    {
                        snapshot.Release();
                    }

                    return true;
                },
                cancellationToken
            );
        }
        finally
        {
            start.Release();
        }
    }

    /// <summary>Mean loss of labelled examples at the present parameters.</summary>
    public float Loss(SupportSet examples)
    {
        float loss = float.NaN;
        Trace(examples, 0, point => loss = point.Loss);
        return loss;
    }

    /// <summary>Raw outputs <c>[n, slots]</c> (logits, unused slots at -1e9; or values), each input by itself.</summary>
    public FloatTensor OutputsInductive(FloatTensor inputs)
    {
        int batch = CheckBatch(inputs);
        return Read(snapshot => InnerPoint.Inductive(snapshot, inputs, batch));
    }

    /// <summary>Raw outputs <c>[n, slots]</c> with the statistics of this batch, where the network has any.</summary>
    public FloatTensor OutputsTransductive(FloatTensor inputs)
    {
        int batch = CheckBatch(inputs);
        return Read(snapshot => Inference.OutputsTransductive(snapshot, inputs, batch));
    }

    /// <summary>What the head sees, <c>[n, features]</c>, in one run.</summary>
    public FloatTensor Features(FloatTensor inputs)
    {
        int batch = CheckBatch(inputs);
        return Read(snapshot => Inference.Features(snapshot, inputs, batch));
    }
}
