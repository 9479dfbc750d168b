using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Kindling.Bundles;
using StbImageSharp;

namespace Kindling.Tasks.Files;

/// <summary>Reads PNG and JPEG pictures; everything else, damaged or oversized files are refused by name.</summary>
public static class ImageFiles
{
    /// <summary>The largest file that is read: 64 MiB.</summary>
    public const int MaximumBytes = 1 << 26;

    /// <summary>The file name extensions that are taken for pictures (any case).</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg"];

    /// <summary>Whether the name ends like a picture's.</summary>
    public static bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads one picture. Thread-safe.</summary>
    /// <exception cref="BundleException">The file is missing, no PNG or JPEG, damaged, cut short or too large.</exception>
    public static ImageInput Decode(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return DecodeColour(ReadFile(path), $"'{path}'");
    }

    /// <summary>Width and height of a picture, without decoding it.</summary>
    /// <exception cref="BundleException">The file is missing, no PNG or JPEG, cut short or too large.</exception>
    public static (int Width, int Height) Size(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_, int width, int height) = ImageHeader.Check(ReadFile(path), $"'{path}'");
        return (width, height);
    }

    /// <summary>Decodes a picture that lies in memory; <paramref name="name"/> is what messages call it.</summary>
    /// <exception cref="BundleException">No PNG or JPEG, damaged, cut short or too large.</exception>
    public static ImageInput Decode(byte[] content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);
        return DecodeColour(content, name);
    }

    internal static ImageInput DecodeGrey(byte[] content, string name, IncrementalHash hash)
    {
        ImageResult result = DecodeRaw(content, name, ColorComponents.Grey);
        hash.AppendData(result.Data);
        return ImageInput.FromGrey(result.Data, result.Width, result.Height);
    }

    /// <summary>Runs the body for 0 .. count - 1 on all cores; the error of the lowest number is thrown as it was.</summary>
    internal static void ForEach(int count, Action<int> body)
    {
        Exception?[] errors = new Exception?[count];
        Parallel.For(
            0,
            count,
            (i, state) =>
            {
                try
                {
                    body(i);
                }
                catch (Exception exception)
                {
                    errors[i] = exception;
                    state.Break();
                }
            }
        );
        Exception? first = Array.Find(errors, e => e is not null);
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private static ImageInput DecodeColour(byte[] content, string name)
    {
        ImageResult result = DecodeRaw(content, name, ColorComponents.RedGreenBlueAlpha);
        return ImageInput.FromPixels(result.Data, result.Width, result.Height);
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > MaximumBytes)
            {
                throw new BundleException(
                    $"'{path}' has {stream.Length} bytes, more than the {MaximumBytes} that are accepted for a picture."
                );
            }

            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private static ImageResult DecodeRaw(byte[] content, string name, ColorComponents components)
    {
        string format = ImageHeader.Check(content, name).Format;
        try
        {
            return ImageResult.FromMemory(content, components);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The decoder reports damage by many kinds of exception, most of them with an empty message.
            string reason = exception.Message.Length == 0 ? "" : $" ({exception.Message})";
            throw new BundleException($"{name} is a damaged {format} file and cannot be decoded{reason}.", exception);
        }
    }
}
