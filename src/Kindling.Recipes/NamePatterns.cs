using System.IO.Enumeration;

namespace Kindling.Recipes;

/// <summary>Patterns of names: <c>conv4.*, head.*</c>, or <c>!*.warp.*</c> for all others.</summary>
public static class NamePatterns
{
    /// <summary>Whether a name matches one of the patterns (any name, if all of them exclude) and none that excludes.</summary>
    public static bool Match(string patterns, string name)
    {
        string[] included = Included(patterns);
        return (included.Length == 0 || included.Any(p => Matches(p, name)))
            && !Parts(patterns).Any(p => p.StartsWith('!') && Matches(p[1..], name));
    }

    /// <summary>The patterns that do not exclude.</summary>
    internal static string[] Included(string patterns) => [.. Parts(patterns).Where(p => !p.StartsWith('!'))];

    private static string[] Parts(string patterns) =>
        patterns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
