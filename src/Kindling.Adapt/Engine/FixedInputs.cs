using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Inputs that keep their place in a device's memory, as a recorded run demands: each is copied over the one before. Used by one thread at a time.</summary>
internal sealed class FixedInputs(DeviceMemory memory) : IDisposable
{
    private readonly Dictionary<string, OrtValue> _places = new(StringComparer.Ordinal);

    /// <summary>Copies a value, of the same type and shape each time, to the place of that name.</summary>
    internal OrtValue Put(string place, OrtValue value)
    {
        if (!_places.TryGetValue(place, out OrtValue? copy))
        {
            _places[place] = copy = memory.AllocateLike(value);
        }

        memory.Copy([value], [copy]);
        return copy;
    }

    public void Dispose()
    {
        foreach (OrtValue value in _places.Values)
        {
            value.Dispose();
        }
    }
}
