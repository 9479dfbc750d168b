namespace Kindling.Recipes;

/// <summary>The inner rule: what adaptation does with a task's support set, in training and in the app alike.</summary>
public sealed record InnerSpec
{
    /// <summary>The <see cref="Rates"/> of a recipe that names none.</summary>
    public const string DefaultRates = "fixed";

    /// <summary>The <see cref="Schedule"/> of a recipe that names none.</summary>
    public const string Constant = "constant";

    /// <summary>The <see cref="Adapts"/> of a recipe that names none.</summary>
    public const string DefaultAdapts = "all";

    /// <summary>The <see cref="Loss"/> of a recipe that names none.</summary>
    public const string DefaultLoss = "same";

    /// <summary>The <see cref="LossUnits"/> of a recipe that names none.</summary>
    public const int DefaultLossUnits = 16;

    /// <summary><c>sgd</c>, <c>momentum</c>, <c>adam</c> or <c>adamw</c>.</summary>
    public string Optimizer { get; init; } = "sgd";

    /// <summary>Learning rate of every adapted parameter; where rates are learned, the one that they start from.</summary>
    public required double Rate { get; init; }

    /// <summary>
    /// <c>fixed</c>, or <c>learned</c>: one rate for each adapted parameter and training step, learned beside the meta-initialisation (MAML++,
    /// Antoniou et al. 2019, section 4); steps beyond those of training take the last one's. Or <c>elementwise</c>: one rate for each element of each
    /// adapted parameter, for all steps (Meta-SGD, Li et al. 2017).
    /// </summary>
    public string Rates { get; init; } = DefaultRates;

    /// <summary>
    /// How fixed rates fall over the steps of training: <c>constant</c>, <c>linear</c> or <c>cosine</c>, which both start at <see cref="Rate"/> and would
    /// be 0 one step after the last; steps beyond those of training take the last one's.
    /// </summary>
    public string Schedule { get; init; } = Constant;

    /// <summary>
    /// Examples that one update reads. 0: all of them, so that a step is one update; else a step takes the support set once, in order, in parts of this size (the
    /// last one as large as what is left), an update for each, all at the rates of the step.
    /// </summary>
    public int Batch { get; init; }

    /// <summary>Steps per task in meta-training.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>Steps in the app and at test; as in training if absent.</summary>
    public int? AdaptationSteps { get; init; }

    /// <summary>Momentum of <c>momentum</c>; below 1, as are the decays.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Decay of the first moment (Adam, AdamW); 0 is Reptile's choice.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment (Adam, AdamW).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment (Adam, AdamW).</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay (AdamW).</summary>
    public double WeightDecay { get; init; }

    /// <summary>
    /// How strongly each step pulls the parameters back to where adaptation started: proximal / 2 times the squared distance joins the loss.
    /// </summary>
    public double Proximal { get; init; }

    /// <summary>The norm over all adapted parameters that gradients are scaled down to; 0 leaves them.</summary>
    public double ClipNorm { get; init; }

    /// <summary>
    /// On a stream of examples in the app: by how much the loss of the next ones has to be above that of the ones before, for the learner to start again; of a
    /// policy by how much the mean return of the next episodes has to be below. 0: it never does.
    /// </summary>
    public double Jump { get; init; }

    /// <summary>
    /// Which parameters adapt: <c>all</c>, <c>head</c>, <c>body</c>, or patterns of names with <c>*</c>, separated by commas; those after <c>!</c> do not.
    /// </summary>
    public string Adapts { get; init; } = DefaultAdapts;

    /// <summary>
    /// What adaptation descends: <c>same</c>, the loss that the outer loop has; of classifications <c>mse</c>, the squared error of the outputs against 1 and 0,
    /// or <c>entropy</c>, that of the predictions, which reads no labels; of regressions <c>l1</c> or <c>huber</c>; or <c>learned</c>, one that a recurrent network
    /// computes of the support inputs, in order and without their labels (<see cref="Networks.LearnedLoss"/>).
    /// </summary>
    public string Loss { get; init; } = DefaultLoss;

    /// <summary>Units of the recurrent network of a learned <see cref="Loss"/>.</summary>
    public int LossUnits { get; init; } = DefaultLossUnits;

    /// <summary>Whether adaptation descends a loss that is learned.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool LearnsLoss => Loss == "learned";

    /// <summary>Whether rates are learned.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool LearnsRates => Rates != "fixed";

    /// <summary>Whether every element of a parameter has a rate of its own.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasElementRates => Rates == "elementwise";

    /// <summary>Rates of one parameter: one a training step, or one for all steps.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int RateRows => Rates == "learned" || Schedule != Constant ? Steps : 1;

    /// <summary>Steps in the app and at test.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int StepsInApp => AdaptationSteps ?? Steps;

    /// <summary>The fixed rate of a row: of step <paramref name="row"/>, counted from 0.</summary>
    public float RateOf(int row)
    {
        double done = (double)row / Steps;
        return (float)(
            Rate
            * Schedule switch
            {
                "linear" => 1 - done,
                "cosine" => 0.5 * (1 + Math.Cos(Math.PI * done)),
                _ => 1,
            }
        );
    }

    /// <summary>Updates in a step, of a support set of so many examples.</summary>
    public int UpdatesPerStep(int examples) => Batch == 0 ? 1 : (examples + Batch - 1) / Batch;

    internal IEnumerable<string> Faults()
    {
        if (Optimizer is not ("sgd" or "momentum" or "adam" or "adamw"))
        {
            yield return $"inner.optimizer: expected sgd, momentum, adam or adamw, got '{Optimizer}'";
        }

        if (!(Rate > 0) || !double.IsFinite(Rate))
        {
            yield return $"inner.rate: expected a positive number, got {Rate}";
        }

        if (Rates is not ("fixed" or "learned" or "elementwise"))
        {
            yield return $"inner.rates: expected fixed, learned or elementwise, got '{Rates}'";
        }

        if (Schedule is not (Constant or "linear" or "cosine"))
        {
            yield return $"inner.schedule: expected constant, linear or cosine, got '{Schedule}'";
        }

        if (Steps is < 1 or > 1000)
        {
            yield return $"inner.steps: expected 1 to 1000, got {Steps}";
        }

        if (AdaptationSteps is < 1 or > 1000)
        {
            yield return $"inner.adaptationSteps: expected 1 to 1000, got {AdaptationSteps}";
        }

        foreach (
            (string name, double value) in new[]
            {
                ("proximal", Proximal),
                ("clipNorm", ClipNorm),
                ("weightDecay", WeightDecay),
                ("jump", Jump),
                ("epsilon", Epsilon),
            }
        )
        {
            if (!(value >= 0) || !double.IsFinite(value))
            {
                yield return $"inner.{name}: expected 0 or more, got {value}";
            }
        }

        foreach ((string name, double value) in new[] { ("momentum", Momentum), ("beta1", Beta1), ("beta2", Beta2) })
        {
            if (value is not (>= 0 and < 1))
            {
                yield return $"inner.{name}: expected 0 or more and below 1, got {value}";
            }
        }

        if (Batch < 0)
        {
            yield return $"inner.batch: expected 0 or more, got {Batch}";
        }

        if (!InnerLosses.Names.Contains(Loss))
        {
            yield return $"inner.loss: expected {InnerLosses.Words(InnerLosses.Names)}, got '{Loss}'";
        }

        if (LossUnits is < 1 or > 4096)
        {
            yield return $"inner.lossUnits: expected 1 to 4096, got {LossUnits}";
        }

        if (string.IsNullOrWhiteSpace(Adapts))
        {
            yield return $"inner.adapts: expected all, head, body or patterns of names, got '{Adapts}'";
        }
    }
}
