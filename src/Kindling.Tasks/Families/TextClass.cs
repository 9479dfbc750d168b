namespace Kindling.Tasks.Families;

/// <summary>A class of texts.</summary>
/// <param name="Name">As episodes name it.</param>
/// <param name="Texts">Its texts, and where each stands.</param>
/// <param name="Group">The classes of an episode may have to be of one group; empty where there are none.</param>
internal sealed record TextClass(string Name, (string Place, string Text)[] Texts, string Group = "");
