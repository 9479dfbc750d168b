using Kindling.Bundles;

namespace Kindling.Evaluate.Reports;

/// <summary>What a bundle says about the query examples of one test task, each by itself.</summary>
/// <param name="Classes">Names of the task's classes; empty for regression.</param>
/// <param name="Targets">Class numbers <c>[n]</c>, or targets <c>[n, outputs]</c>.</param>
/// <param name="Before">Raw outputs <c>[n, slots]</c> before adaptation.</param>
/// <param name="After">Raw outputs <c>[n, slots]</c> after the last step.</param>
internal sealed record TaskOutcome(IReadOnlyList<string> Classes, FloatTensor Targets, FloatTensor Before, FloatTensor After)
{
    /// <summary>Probabilities of the classes of query example <paramref name="example"/>; unused slots have none.</summary>
    public static double[] Probabilities(FloatTensor outputs, int example)
    {
        int slots = outputs.Shape[1];
        double[] odds = [.. outputs.Values.Skip(example * slots).Take(slots).Select(v => (double)v)];
        // the largest is taken off, so that the exponential of none is infinite
        double largest = odds.Max();
        odds = [.. odds.Select(v => Math.Exp(v - largest))];
        double sum = odds.Sum();
        return [.. odds.Select(v => v / sum)];
    }

    /// <summary>The class that outputs name for a query example, and its probability.</summary>
    public static (int Class, double Confidence) Choice(FloatTensor outputs, int example)
    {
        double[] probabilities = Probabilities(outputs, example);
        int best = Array.IndexOf(probabilities, probabilities.Max());
        return (best, probabilities[best]);
    }
}
