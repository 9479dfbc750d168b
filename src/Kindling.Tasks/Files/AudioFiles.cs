using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kindling.Bundles;
using NAudio.Wave;

namespace Kindling.Tasks.Files;

/// <summary>Reads WAV files of PCM or 32-bit float samples; everything else, damaged or oversized files are refused by name.</summary>
public static class AudioFiles
{
    /// <summary>The largest file that is read: 256 MiB.</summary>
    public const int MaximumBytes = 1 << 28;

    /// <summary>The extension of recordings (any case).</summary>
    public const string Extension = ".wav";

    /// <summary>Whether the name ends like a recording's and is not hidden (a leading dot).</summary>
    public static bool IsAudio(string path) =>
        Path.GetExtension(path).Equals(Extension, StringComparison.OrdinalIgnoreCase) && !Path.GetFileName(path).StartsWith('.');

    /// <summary>Reads one recording. Thread-safe.</summary>
    /// <exception cref="BundleException">The file is missing, no WAV, of samples of another kind, damaged, cut short, empty or too large.</exception>
    public static AudioInput Decode(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.Length <= MaximumBytes
                ? Decode(file, $"'{path}'")
                : throw new BundleException(
                    $"'{path}' has {file.Length} bytes, more than the {MaximumBytes} that are accepted for a recording."
                );
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Decodes a recording that lies in memory; <paramref name="name"/> is what messages call it.</summary>
    /// <exception cref="BundleException">As for a file.</exception>
    public static AudioInput Decode(byte[] content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);
        using MemoryStream stream = new(content);
        return Decode(stream, name);
    }

    /// <summary>SHA-256 of rate and samples.</summary>
    internal static byte[] HashOf(AudioInput audio)
    {
        float[] samples = new float[audio.Length];
        audio.CopyTo(samples);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(audio.SampleRate));
        hash.AppendData(MemoryMarshal.AsBytes<float>(samples));
        return hash.GetHashAndReset();
    }

    private static AudioInput Decode(Stream stream, string name)
    {
        try
        {
            Span<byte> head = stackalloc byte[8];
            uint promised =
                stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length
                    ? 0
                    : BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            stream.Position = 0;
            using WaveFileReader reader = new(stream);
            // the reader takes what is there; who writes to a pipe cannot promise anything
            if (promised != uint.MaxValue && promised > stream.Length - head.Length)
            {
                throw new BundleException(
                    $"{name} is cut short: its header promises {(long)promised + head.Length} bytes, it has {stream.Length}."
                );
            }

            WaveFormat format = reader.WaveFormat;
            float[] samples = new float[reader.Length / (format.BitsPerSample / 8)];
            int count = reader.ToSampleProvider().Read(samples);
            return AudioInput.FromPcm(samples.AsSpan(0, count), format.SampleRate, format.Channels);
        }
        catch (ArgumentException exception)
        {
            string parameter = $" (Parameter '{exception.ParamName}')";
            throw new BundleException($"{name}: {exception.Message.Replace(parameter, "", StringComparison.Ordinal)}", exception);
        }
        catch (Exception exception) when (exception is not (BundleException or OutOfMemoryException))
        {
            // The reader reports damage by many kinds of exception.
            throw new BundleException(
                $"{name} is no WAV file of PCM or 32-bit float samples, or a damaged one: {exception.Message}",
                exception
            );
        }
    }
}
