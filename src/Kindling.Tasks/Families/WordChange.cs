namespace Kindling.Tasks.Families;

/// <summary>How the words of a training text are varied.</summary>
/// <param name="Seed">Which words are left out.</param>
/// <param name="Drop">Probability that a word is left out; one always stays.</param>
/// <param name="Names">What pieces of words are renamed to: the same for all texts of an episode.</param>
/// <param name="Rename">Probability that a piece has another code for the length of an episode.</param>
internal readonly record struct WordChange(ulong Seed, double Drop, ulong Names, double Rename);
