namespace Kindling.Tasks.Families;

/// <summary>Leaves out words of a training text at random; one always stays.</summary>
/// <param name="Seed">Of the choice.</param>
/// <param name="Rate">Probability that a word is left out.</param>
internal readonly record struct WordDropout(ulong Seed, double Rate);
