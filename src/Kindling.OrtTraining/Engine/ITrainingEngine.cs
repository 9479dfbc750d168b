using Kindling.Bundles;

namespace Kindling.OrtTraining;

/// <summary>
/// What the learner asks of a training engine: one copy of the parameters, a rate, an optimiser. Tensors have the manifest's shapes. Used by one thread at a
/// time.
/// </summary>
internal interface ITrainingEngine : IDisposable
{
    /// <summary>Sets the learning rate of the optimiser steps to come.</summary>
    void SetRate(float rate);

    /// <summary>Computes loss and gradients at the present parameters; earlier gradients are forgotten.</summary>
    TrainingPoint TrainStep(TrainingBatch batch);

    /// <summary>Moves the parameters by the gradients of the last training step.</summary>
    void OptimizerStep();

    /// <summary>Raw outputs <c>[n, slots]</c> of inputs <c>[n, ...]</c>.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="mask">Which head slots count; not looked at in regression.</param>
    FloatTensor Evaluate(FloatTensor inputs, float[] mask);

    /// <summary>A copy of a parameter or statistic.</summary>
    FloatTensor Get(string name);

    /// <summary>Replaces a parameter or statistic.</summary>
    void Set(string name, FloatTensor value);
}
