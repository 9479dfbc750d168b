using Kindling.Train.Algorithms;

namespace Kindling.Train.Engines;

/// <summary>The engines behind the names that a recipe takes.</summary>
internal static class MetaEngines
{
    /// <summary>An engine for a program.</summary>
    /// <param name="name"><c>torch</c> or <c>graph</c>.</param>
    /// <param name="program">What it runs.</param>
    /// <param name="threads">Runs at a time.</param>
    public static IMetaEngine Create(string name, IMetaProgram program, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return name == "graph" ? new GraphEngine(program, threads) : new TorchEngine(program, threads);
    }
}
