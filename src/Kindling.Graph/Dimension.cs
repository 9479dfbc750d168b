using System.Globalization;

namespace Kindling.Graphs;

/// <summary>
/// One dimension of a shape: a number, or a symbol that stands for a number known only at run time. Two dimensions with the same symbol
/// are equal at run time. Products keep their factors in the symbol ("6*batch"), so that equal products stay equal.
/// </summary>
public readonly record struct Dimension
{
    private Dimension(long size, string? symbol)
    {
        size_ = size;
        Symbol = symbol;
    }

    private readonly long size_;

    /// <summary>The symbol, or null if the size is known.</summary>
    public string? Symbol { get; }

    /// <summary>Whether the size is known.</summary>
    public bool IsKnown => Symbol is null;

    /// <summary>The size.</summary>
    /// <exception cref="InvalidOperationException">The dimension is a symbol.</exception>
    public long Size => Symbol is null ? size_ : throw new InvalidOperationException($"Dimension '{Symbol}' has no known size.");

    /// <summary>A dimension of known size (0 or more).</summary>
    public static Dimension Of(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return new(size, null);
    }

    /// <summary>A dimension known only by its symbol.</summary>
    public static Dimension Named(string symbol)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        return new(0, symbol);
    }

    /// <summary>Whether the size is known to be <paramref name="size"/>.</summary>
    public bool Is(long size) => IsKnown && size_ == size;

    /// <summary>A known dimension.</summary>
    public static implicit operator Dimension(long size) => Of(size);

    /// <summary>A symbolic dimension.</summary>
    public static implicit operator Dimension(string symbol) => Named(symbol);

    /// <summary>The product of two dimensions.</summary>
    public static Dimension operator *(Dimension a, Dimension b)
    {
        if (a.IsKnown && b.IsKnown)
        {
            return Of(checked(a.Size * b.Size));
        }

        if (a.Is(0) || b.Is(0))
        {
            return Of(0);
        }

        (long ka, List<string> sa) = a.Factors();
        (long kb, List<string> sb) = b.Factors();
        return Join(checked(ka * kb), [.. sa, .. sb]);
    }

    /// <summary>The quotient if it is exact and can be told, otherwise null.</summary>
    public static Dimension? Divide(Dimension a, Dimension b)
    {
        (long ka, List<string> sa) = a.Factors();
        (long kb, List<string> sb) = b.Factors();
        foreach (string symbol in sb)
        {
            if (!sa.Remove(symbol))
            {
                return null;
            }
        }

        return kb != 0 && ka % kb == 0 ? Join(ka / kb, sa) : (Dimension?)null;
    }

    /// <inheritdoc/>
    public override string ToString() => Symbol ?? size_.ToString(CultureInfo.InvariantCulture);

    private static Dimension Join(long factor, List<string> symbols)
    {
        if (symbols.Count == 0)
        {
            return Of(factor);
        }

        symbols.Sort(StringComparer.Ordinal);
        string product = string.Join('*', symbols);
        return Named(factor == 1 ? product : factor.ToString(CultureInfo.InvariantCulture) + "*" + product);
    }

    private (long Factor, List<string> Symbols) Factors()
    {
        if (Symbol is null)
        {
            return (size_, []);
        }

        long factor = 1;
        List<string> symbols = [];
        foreach (string part in Symbol.Split('*'))
        {
            if (long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                factor *= number;
            }
            else
            {
                symbols.Add(part);
            }
        }

        return (factor, symbols);
    }
}
