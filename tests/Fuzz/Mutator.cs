using System.Text;

namespace Kindling.Fuzz.Tests;

/// <summary>Damages bytes in ways that parsers dislike: a function of its seed alone.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, int seed)
{
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "0",
            "-1",
            "1e999",
            "NaN",
            "null",
            "true",
            "[]",
            "{}",
            "\"\"",
            "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
            "2147483647",
            "-2147483648",
            "4294967296",
            "9223372036854775807",
            "18446744073709551615",
            "../",
            "/etc/passwd",
            "\\",
            "\u0000",
            "\ud83d",
            ",",
            "\n",
            "\"",
            "F32",
            "F64",
            "__metadata__",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        [0xFF, 0xFF, 0xFF, 0xFF],
        [0x00, 0x00, 0x00, 0x80],
        [0x00, 0x00, 0xC0, 0x7F],
        [0xC3, 0x28],
    ];

    private readonly Random _random = new(seed);

    /// <summary>One of the corpus with one to six changes.</summary>
    public byte[] Next()
    {
        List<byte> bytes = [.. corpus[_random.Next(corpus.Count)]];
        for (int i = _random.Next(6); i >= 0; i--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.AddRange(Pick(Tokens));
            return;
        }

        int at = Position(bytes);
        int length = Math.Min(1 << _random.Next(10), bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.InsertRange(at, Pick(Tokens));
                break;
            case 6:
                byte[] token = Pick(Tokens);
                bytes.RemoveRange(at, Math.Min(token.Length, bytes.Count - at));
                bytes.InsertRange(at, token);
                break;
            case 7:
                byte[] other = Pick(corpus);
                int from = _random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(length, other.Length - from)).ToArray());
                break;
            default:
                Number(bytes, at);
                break;
        }
    }

    /// <summary>Mostly near the start, where headers are.</summary>
    private int Position(List<byte> bytes) =>
        _random.Next(_random.Next(3) > 0 ? Math.Min(bytes.Count, 1 << _random.Next(4, 14)) : bytes.Count);

    /// <summary>Another number in the place of the next decimal one.</summary>
    private void Number(List<byte> bytes, int at)
    {
        int start = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        int end = bytes.FindIndex(start, value => value is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(_random.NextInt64(1L << _random.Next(1, 63)).ToString()));
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];
}
