using Kindling.Networks;

namespace Kindling.Recipes;

/// <content>What the parts of a recipe may not say together.</content>
public sealed partial record Recipe
{
    private IEnumerable<string> RowFaults()
    {
        if (AlgorithmRows.Find(Algorithm.Type) is not { } row)
        {
            return [];
        }

        List<string> faults = [.. row.Needs(this), .. BatchFaults(), .. CodeFaults(), .. IdleFaults(row)];
        if (row.Adapts is { } adapts && Inner.Adapts != InnerSpec.DefaultAdapts && Inner.Adapts != adapts)
        {
            faults.Add($"inner.adapts: {row.Type} means '{adapts}', got '{Inner.Adapts}'");
        }

        if (row.Rates is { } rates && Inner.Rates != InnerSpec.DefaultRates && Inner.Rates != rates)
        {
            faults.Add($"inner.rates: {row.Type} means {rates}, got {Inner.Rates}");
        }

        string meant = row.Rates ?? Inner.Rates;
        if (meant != InnerSpec.DefaultRates && Inner.Schedule != InnerSpec.Constant)
        {
            faults.Add($"inner.schedule: expected constant where inner.rates is {meant}, since those are learned; got {Inner.Schedule}");
        }

        faults.AddRange(LossFaults(row));
        if (Algorithm.OuterOptimizer == "rates" && (row.Rates ?? Inner.Rates) != "elementwise")
        {
            faults.Add($"algorithm.outerOptimizer: rates needs inner.rates elementwise, got {row.Rates ?? Inner.Rates}");
        }

        if (Algorithm.Recompute && !row.GoesThroughSteps)
        {
            faults.Add($"algorithm.recompute: {row.Type} does not go through the inner steps, expected false, got true");
        }

        if (Algorithm.Recompute && Algorithm.ExactSteps > 0)
        {
            faults.Add(
                $"algorithm.recompute: goes through all inner steps, expected false where algorithm.exactSteps is {Algorithm.ExactSteps}, got true"
            );
        }

        if (!row.LearnsRates && Inner.LearnsRates)
        {
            faults.Add($"inner.rates: {row.Type} cannot learn rates, expected fixed, got {Inner.Rates}");
        }

        return faults;
    }

    private IEnumerable<string> LossFaults(AlgorithmRow row)
    {
        bool classification = Tasks.Ways > 1;
        if (Tasks.IsControl != (Inner.Loss == InnerLosses.PolicyGradient))
        {
            yield return Tasks.IsControl
                ? $"inner.loss: '{Tasks.Type}' is a world to act in, expected {InnerLosses.PolicyGradient}, got {Inner.Loss}"
                : $"inner.loss: {InnerLosses.PolicyGradient} is for worlds to act in, '{Tasks.Type}' is none, got {Inner.Loss}";
        }

        if (Tasks.IsControl != (Network.Type == "policy"))
        {
            yield return Tasks.IsControl
                ? $"network.type: '{Tasks.Type}' is a world to act in, expected policy, got {Network.Type}"
                : $"network.type: policy is for worlds to act in, '{Tasks.Type}' is none";
        }

        if (Tasks.IsDetection != (Inner.Loss == InnerLosses.Detection))
        {
            yield return Tasks.IsDetection
                ? $"inner.loss: '{Tasks.Type}' is about objects in pictures, expected {InnerLosses.Detection}, got {Inner.Loss}"
                : $"inner.loss: {InnerLosses.Detection} is for objects in pictures, '{Tasks.Type}' is not about them, got {Inner.Loss}";
        }

        if (Tasks.IsDetection != Network.FindsObjects())
        {
            yield return Tasks.IsDetection
                ? $"network.type: '{Tasks.Type}' is about objects in pictures, expected detector, got {Network.Type}"
                : $"network.type: {Network.Type} finds objects in pictures, '{Tasks.Type}' is not about them";
        }

        if (Algorithm.ClipRatio > 0 && !Tasks.IsControl)
        {
            yield return $"algorithm.clipRatio: is for worlds to act in, '{Tasks.Type}' is none, expected 0, got {Algorithm.ClipRatio}";
        }

        if (Algorithm.ClipRatio > 0 && !row.DescendsOuterLoss)
        {
            yield return $"algorithm.clipRatio: {row.Type} does not descend a loss of what was adapted, expected 0, got {Algorithm.ClipRatio}";
        }

        if (row.Loss is { } meant && Inner.Loss != InnerSpec.DefaultLoss && Inner.Loss != meant)
        {
            yield return $"inner.loss: {row.Type} means {meant}, got {Inner.Loss}";
        }

        if (row.Loss is null && Inner.LearnsLoss)
        {
            yield return $"inner.loss: {row.Type} learns no loss, expected {InnerLosses.Of(classification)}, got {Inner.Loss}";
        }

        if (row.Loss is null && InnerLosses.Fault(Inner.Loss, classification) is { } fault)
        {
            yield return fault;
        }

        if (Network.ScoresCodes() && (row.Loss ?? Inner.Loss) != InnerSpec.DefaultLoss)
        {
            yield return $"inner.loss: {Network.Type} scores codes, expected {InnerSpec.DefaultLoss}, got {row.Loss ?? Inner.Loss}";
        }

        if (Network.ScoresCodes() && classification)
        {
            yield return $"tasks.ways: {Network.Type} scores codes, not classes, expected 1, got {Tasks.Ways}";
        }

        string loss = row.Loss ?? Inner.Loss;
        if (InnerLosses.ReadsLabels(loss))
        {
            yield break;
        }

        string words = loss == "learned" ? "a learned loss" : loss;
        if (Inner.Jump > 0)
        {
            yield return $"inner.jump: {words} says nothing of how well the learner does, expected 0, got {Inner.Jump}";
        }

        if (row.Loss is null && Network.Head == "prototypes")
        {
            yield return $"network.head: {words} reads no labels, expected linear, got prototypes";
        }
    }

    // A value that nothing reads would be looked for in vain in what comes out.
    private IEnumerable<string> IdleFaults(AlgorithmRow row)
    {
        if (Algorithm.ExactSteps > 0 && !row.GoesThroughSteps)
        {
            yield return $"algorithm.exactSteps: {row.Type} does not go through the inner steps, expected 0, got {Algorithm.ExactSteps}";
        }

        foreach (
            (string name, double value, double usual) in new[]
            {
                (AlgorithmRow.MultiStep, Algorithm.MultiStep, AlgorithmSpec.DefaultMultiStep),
                (AlgorithmRow.FirstOrder, Algorithm.FirstOrder, 0),
                (AlgorithmRow.ConjugateSteps, Algorithm.ConjugateSteps, AlgorithmSpec.DefaultConjugateSteps),
            }
        )
        {
            if (value != usual && !row.Has(name))
            {
                yield return $"algorithm.{name}: {row.Type} has none, expected {usual} or nothing, got {value}";
            }
        }

        if (Inner.LossUnits != InnerSpec.DefaultLossUnits && (row.Loss ?? Inner.Loss) != "learned")
        {
            yield return $"inner.lossUnits: {row.Loss ?? Inner.Loss} has none, expected {InnerSpec.DefaultLossUnits} or nothing, got {Inner.LossUnits}";
        }
    }

    // What depends on the examples of an update would be another thing for a part of them.
    private IEnumerable<string> BatchFaults()
    {
        if (Inner.Batch <= 0)
        {
            yield break;
        }

        if (Network.Normalization is Normalization.Batch or Normalization.Support)
        {
            yield return $"inner.batch: statistics of {Inner.Batch} of the examples are not those of all, expected 0, or normalization none, group or layer, got {Inner.Batch}";
        }

        if (Network.Head == "prototypes")
        {
            yield return $"inner.batch: {Inner.Batch} of the examples are not all classes, which prototypes are of, expected 0, or a linear head, got {Inner.Batch}";
        }

        if (AlgorithmRows.Of(Algorithm.Type).Loss is "learned")
        {
            yield return $"inner.batch: a learned loss reads all examples in order, expected 0, got {Inner.Batch}";
        }
    }

    private IEnumerable<string> CodeFaults()
    {
        int known = Network.Vocabulary ?? NetworkSpec.DefaultVocabulary;
        if (Tasks.CodeCount is { } codes && Network.ReadsCodes && known < codes)
        {
            yield return $"network.vocabulary: '{Tasks.Type}' has {codes} codes, padding included, expected at least as many, got {known}";
        }

        if (Tasks.HasLanguages && !Network.ScoresCodes())
        {
            yield return $"network.type: '{Tasks.Type}' asks for the next byte at each position, expected a language model, got {Network.Type}";
        }
    }
}
