using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>
/// The session that all learners of a model predict with, one after the other. It holds the parameters of the last one that did, so that a learner which
/// predicts again copies nothing.
/// </summary>
internal sealed class Evaluator(ITrainingEngine engine) : IDisposable
{
    private readonly Lock _lock = new();
    private LearnerState? _loaded;
    private bool _disposed;

    /// <summary>Raw outputs <c>[n, slots]</c> of inputs <c>[n, ...]</c> at a state.</summary>
    internal FloatTensor Outputs(LearnerState state, FloatTensor inputs)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!ReferenceEquals(_loaded, state))
            {
                _loaded = null;
                foreach ((string name, FloatTensor tensor) in state.Tensors)
                {
                    engine.Set(name, tensor);
                }

                _loaded = state;
            }

            return engine.Evaluate(inputs, state.Heads.Mask());
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            engine.Dispose();
        }
    }
}
