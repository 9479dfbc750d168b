using System.IO.Compression;
using SharpCompress.Compressors.LZMA;
using SharpCompress.Compressors.PPMd;

namespace Kindling.Evaluate.Baselines;

/// <summary>
/// What a compressor that has seen the support text takes for the query text: by how much the query text makes the compressed support text longer, in bits per
/// byte of it. Unlike a model, whose parameters stay as adapted, a compressor goes on learning while it reads the query text.
/// </summary>
/// <param name="name">Its name in reports.</param>
/// <param name="compressed">Bytes that a text takes.</param>
internal sealed class Compressor(string name, Func<byte[], int> compressed) : IBaseline
{
    /// <summary>Order and memory of PPMd; 7-zip's for its format zip at its higher levels are order 8 and more memory than these texts can use.</summary>
    private const int PpmdOrder = 8;
    private const int PpmdMemory = 1 << 24;

    /// <summary>
    /// gzip at its best level; xz, by its method LZMA; and 7-zip's PPMd, the variant I that it writes in zip files (in 7z files it is H, which differs in little).
    /// </summary>
    public static IReadOnlyList<Compressor> All { get; } =
    [
        new("gzip", text => Length(text, stream => new GZipStream(stream, CompressionLevel.SmallestSize, leaveOpen: true))),
        new("xz", text => Length(text, stream => LzmaStream.Create(new LzmaEncoderProperties(eos: true), isLzma2: false, stream))),
        new("ppmd", text => Length(text, stream => PpmdStream.Create(new PpmdProperties(PpmdMemory, PpmdOrder), stream, compress: true))),
    ];

    public string Name => name;

    public double[] Measure(Tasks.Episode episode)
    {
        byte[] support = Figures.Text(episode.SupportY);
        byte[] query = Figures.Text(episode.QueryY);
        return [8.0 * (compressed([.. support, .. query]) - compressed(support)) / query.Length];
    }

    private static int Length(byte[] text, Func<Stream, Stream> open)
    {
        using MemoryStream memory = new();
        using (Stream stream = open(memory))
        {
            stream.Write(text, 0, text.Length);
        }

        // Some streams close what they write to.
        return memory.ToArray().Length;
    }
}
