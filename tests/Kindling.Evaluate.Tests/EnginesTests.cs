namespace Kindling.Evaluate.Tests;

/// <summary>Both engines on the same episodes.</summary>
public sealed class EnginesTests
{
    private static readonly TestCaseData<string, int, string>[] Characters =
    [
        new("support", 3, "fixed") { TestName = "statistics of the support set" },
        new("batch", 3, "fixed") { TestName = "statistics of the batch" },
        new("layer", 3, "fixed") { TestName = "no statistics" },
        new("support", 2, "fixed") { TestName = "a head slot left over" },
        new("layer", 2, "elementwise") { TestName = "a head slot left over, rates by element" },
    ];

    private static readonly TestCaseData<string, string>[] Rules =
    [
        new("sgd", "fixed") { TestName = "sgd" },
        new("adam", "fixed") { TestName = "adam" },
        new("sgd", "learned") { TestName = "sgd, learned rates" },
    ];

    [TestCaseSource(nameof(Characters))]
    public void Evaluate_Classification_AccuraciesAgree(string normalization, int ways, string rates)
    {
        using TinyBundle bundle = TinyBundle.Characters(normalization, rates);
        (EvaluationReport ort, EvaluationReport torch) = Both(bundle, ways);
        Assert.That(torch.Transductive.Mean, Is.EqualTo(ort.Transductive.Mean).Within(0.002));
        Assert.That(torch.Inductive.Mean, Is.EqualTo(ort.Inductive.Mean).Within(0.002));
    }

    [TestCaseSource(nameof(Rules))]
    public void Evaluate_Regression_ErrorsAgree(string optimizer, string rates)
    {
        using TinyBundle bundle = TinyBundle.Curves(optimizer, rates);
        (EvaluationReport ort, EvaluationReport torch) = Both(bundle, null);
        Assert.That(torch.Transductive.Mean, Is.EqualTo(ort.Transductive.Mean).Within(0.01).Percent);
        Assert.That(torch.Inductive.Mean, Is.EqualTo(ort.Inductive.Mean).Within(0.01).Percent);
    }

    private static (EvaluationReport Ort, EvaluationReport Torch) Both(TinyBundle bundle, int? ways)
    {
        EvaluationReport Run(string engine) =>
            Evaluator.Evaluate(
                bundle.Path,
                new EvaluationOptions
                {
                    Episodes = 20,
                    Ways = ways,
                    Seed = 5,
                    Engine = engine,
                }
            );

        EvaluationReport ort = Run("ort");
        EvaluationReport torch = Run("torch");
        Assert.That((ort.Engine, torch.Engine), Is.EqualTo(("ort", "torch")));
        return (ort, torch);
    }
}
