using System.Buffers.Binary;
using System.Text;

namespace Kindling.TestSupport;

/// <summary>Writes WAV files.</summary>
internal static class WavFile
{
    private const short Pcm = 1;
    private const short Float = 3;

    /// <summary>16-bit samples.</summary>
    public static byte[] Of(short[] samples, int rate, int channels = 1) =>
        Of([.. samples.SelectMany(BitConverter.GetBytes)], rate, channels, 16, Pcm);

    /// <summary>32-bit float samples.</summary>
    public static byte[] Of(float[] samples, int rate) => Of([.. samples.SelectMany(BitConverter.GetBytes)], rate, 1, 32, Float);

    /// <summary>A tone of 16-bit samples.</summary>
    public static byte[] Tone(double hertz, double amplitude, double seconds, int rate) =>
        Of(
            [
                .. Enumerable
                    .Range(0, (int)(seconds * rate))
                    .Select(i => (short)(32767 * amplitude * Math.Sin(2 * Math.PI * hertz * i / rate))),
            ],
            rate
        );

    /// <summary>Bytes of samples as they are.</summary>
    public static byte[] Of(byte[] data, int rate, int channels, int bits, short format = Pcm)
    {
        byte[] file = new byte[44 + data.Length];
        Encoding.ASCII.GetBytes("RIFF").CopyTo(file, 0);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        Encoding.ASCII.GetBytes("WAVEfmt ").CopyTo(file, 8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(20), format);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(22), (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), rate * channels * bits / 8);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(32), (short)(channels * bits / 8));
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(34), (short)bits);
        Encoding.ASCII.GetBytes("data").CopyTo(file, 36);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), data.Length);
        data.CopyTo(file, 44);
        return file;
    }
}
