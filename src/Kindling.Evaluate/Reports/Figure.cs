namespace Kindling.Evaluate.Reports;

/// <summary>A picture of a report.</summary>
/// <param name="Name">Its file is called so, without the ending.</param>
/// <param name="Description">What can be seen, for those who cannot see it.</param>
/// <param name="Png">The picture.</param>
internal sealed record Figure(string Name, string Description, byte[] Png);
