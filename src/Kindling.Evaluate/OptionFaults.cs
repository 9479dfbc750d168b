namespace Kindling.Evaluate;

/// <summary>What callers hear of options that cannot be used.</summary>
internal static class OptionFaults
{
    /// <summary>Refuses options with faults.</summary>
    /// <param name="faults">All of them.</param>
    /// <param name="name">Name of the argument.</param>
    /// <exception cref="ArgumentException">There are some.</exception>
    public static void Refuse(IReadOnlyList<string> faults, string name)
    {
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The options have {faults.Count} fault(s): {string.Join(" ", faults)}", name);
        }
    }
}
