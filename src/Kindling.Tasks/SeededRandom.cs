using System.Numerics;

namespace Kindling.Tasks;

/// <summary>
/// A random stream that is a pure function of up to four 64-bit keys, the same on every machine and .NET version.
/// </summary>
/// <remarks>
/// xoshiro256** 1.0 (Blackman and Vigna, 2018), its state filled by SplitMix64 (Steele, Lea and Flood, 2014) from the keys
/// absorbed one after another, so that neighbouring keys give unrelated streams. Not for secrets. Not thread-safe: give
/// every task its own. <see cref="NextGaussian"/> uses the platform's logarithm and cosine, whose last bit may differ
/// between operating systems; everything else is exact.
/// </remarks>
public sealed class SeededRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Starts the stream of these keys; a key that is left out is 0.</summary>
    public SeededRandom(ulong seed, ulong a = 0, ulong b = 0, ulong c = 0)
    {
        ulong state = Mix(seed + Golden);
        state = Mix((state ^ a) + Golden);
        state = Mix((state ^ b) + Golden);
        state = Mix((state ^ c) + Golden);
        _s0 = Mix(state += Golden);
        _s1 = Mix(state += Golden);
        _s2 = Mix(state += Golden);
        _s3 = Mix(state + Golden);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform between <paramref name="low"/> and <paramref name="high"/> (rounding may give either end).</summary>
    public float NextSingle(float low, float high) => (float)(low + (((double)high - low) * NextDouble()));

    /// <summary>Uniform in 0 .. <paramref name="exclusiveMax"/> - 1, without bias (Lemire, 2019).</summary>
    public int NextInt(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        ulong bound = (ulong)exclusiveMax;
        ulong high = Math.BigMul(NextUInt64(), bound, out ulong low);
        if (low < bound)
        {
            ulong threshold = (0 - bound) % bound;
            while (low < threshold)
            {
                high = Math.BigMul(NextUInt64(), bound, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Normal with mean 0 and standard deviation 1 (Box and Muller, 1958).</summary>
    public double NextGaussian()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>Puts the items into a uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Fills <paramref name="chosen"/> with different numbers of 0 .. <paramref name="n"/> - 1 in random order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More numbers are asked for than there are.</exception>
    public void Sample(int n, Span<int> chosen)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chosen.Length, n, nameof(chosen));
        if (chosen.Length > 64 || chosen.Length * 2 > n)
        {
            SampleDensely(n, chosen);
            return;
        }

        for (int i = 0; i < chosen.Length; i++)
        {
            int candidate;
            do
            {
                candidate = NextInt(n);
            } while (chosen[..i].Contains(candidate));

            chosen[i] = candidate;
        }
    }

    /// <summary><paramref name="k"/> different numbers of 0 .. <paramref name="n"/> - 1 in random order.</summary>
    public int[] Sample(int n, int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        int[] chosen = new int[k];
        Sample(n, chosen);
        return chosen;
    }

    private void SampleDensely(int n, Span<int> chosen)
    {
        int[] numbers = new int[n];
        for (int i = 0; i < n; i++)
        {
            numbers[i] = i;
        }

        for (int i = 0; i < chosen.Length; i++)
        {
            int j = i + NextInt(n - i);
            (numbers[i], numbers[j]) = (numbers[j], numbers[i]);
            chosen[i] = numbers[i];
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
