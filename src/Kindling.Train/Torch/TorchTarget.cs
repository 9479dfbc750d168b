using static TorchSharp.torch;

namespace Kindling.Train.Torch;

/// <summary>What operators compute with.</summary>
/// <param name="Real">The type of what the graph calls Float.</param>
/// <param name="Device">Where constants live; the processor if absent.</param>
internal sealed record TorchTarget(ScalarType Real, Device? Device);
