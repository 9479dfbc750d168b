using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Kindling.Tasks.Families;

/// <summary>SHA-256 over named content; lengths are hashed too, so that no two contents read alike.</summary>
internal sealed class ContentHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The hash of a generator, which is its definition in words.</summary>
    public static string OfText(string text)
    {
        using ContentHash hash = new();
        hash.Add(text);
        return hash.Finish();
    }

    public void Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    public void Add(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        _hash.AppendData(bytes);
    }

    public void Add(ReadOnlySpan<byte> content)
    {
        Add(content.Length);
        _hash.AppendData(content);
    }

    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
