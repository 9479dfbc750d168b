using System.Diagnostics.CodeAnalysis;

namespace Kindling.Graphs;

/// <summary>
/// The attributes of a node. A value is one of <see cref="long"/>, <see cref="float"/>, <see cref="string"/>, arrays of these, or a
/// <see cref="Tensor"/>. Immutable.
/// </summary>
public sealed class Attributes
{
    private readonly SortedDictionary<string, object> values = new(StringComparer.Ordinal);

    /// <summary>Attributes from pairs; a null value means absent.</summary>
    public Attributes(params IEnumerable<(string Name, object? Value)> pairs)
    {
        foreach ((string name, object? value) in pairs)
        {
            switch (value)
            {
                case null:
                    break;
                case int number:
                    values.Add(name, (long)number);
                    break;
                case bool flag:
                    values.Add(name, flag ? 1L : 0L);
                    break;
                case long or float or string or long[] or float[] or string[] or Kindling.Graphs.Tensor:
                    values.Add(name, value);
                    break;
                default:
                    throw new GraphException($"Attribute '{name}': a {value.GetType().Name} is not an attribute's value.");
            }
        }
    }

    /// <summary>No attributes.</summary>
    public static Attributes None { get; } = new();

    /// <summary>Names in ordinal order, with values.</summary>
    public IEnumerable<KeyValuePair<string, object>> All => values;

    /// <summary>Whether the attribute is given.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>An integer, or the default.</summary>
    public long Int(string name, long otherwise) => Get<long?>(name, otherwise)!.Value;

    /// <summary>A float, or the default.</summary>
    public float Float(string name, float otherwise) => Get<float?>(name, otherwise)!.Value;

    /// <summary>A string, or the default.</summary>
    public string Text(string name, string otherwise) => Get(name, otherwise)!;

    /// <summary>Integers, or the default.</summary>
    [return: NotNullIfNotNull(nameof(otherwise))]
    public long[]? Ints(string name, long[]? otherwise = null) => Get(name, otherwise);

    /// <summary>A tensor, or null.</summary>
    public Tensor? Tensor(string name) => Get<Tensor?>(name, null);

    private T? Get<T>(string name, T? otherwise) =>
        !values.TryGetValue(name, out object? value) ? otherwise
        : value is T typed ? typed
        : throw new GraphException($"Attribute '{name}': expected {typeof(T).Name}, got {value.GetType().Name}.");
}
