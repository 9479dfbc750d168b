namespace Kindling.Bundles;

/// <summary>One of the runtime's own formats on top of safetensors.</summary>
/// <param name="Name">Its name in the metadata, before the version.</param>
/// <param name="Version">The version that this library writes, and the highest that it reads.</param>
/// <param name="What">What messages call such a file, as in <c>a delta</c>.</param>
/// <param name="Unsealed">The last version without a checksum; 0 when all have one.</param>
internal sealed record SealedFormat(string Name, int Version, string What, int Unsealed = 0);
