using System.Text.Json.Nodes;

namespace Kindling.Cli.Drafting;

/// <summary>A recipe in the making: its sections, and why they are as they are.</summary>
/// <param name="Recipe">The recipe but for name and seed.</param>
/// <param name="Choices">What was chosen and why, a sentence each.</param>
internal sealed record Draft(JsonObject Recipe, IReadOnlyList<string> Choices);
