using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>
/// A folder of class folders: one folder a class, the pictures or recordings in it the examples. Hidden folders and
/// files (a leading dot), other files and deeper folders are left alone.
/// </summary>
public sealed class ClassFolder
{
    private ClassFolder(string path, IReadOnlyList<ClassFolderClass> classes)
    {
        Path = path;
        Classes = classes;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The classes in ordinal order of their names; at least one.</summary>
    public IReadOnlyList<ClassFolderClass> Classes { get; }

    /// <summary>Lists a folder of PNG and JPEG files; decode them with <see cref="ImageFiles.Decode(string)"/> when they are wanted.</summary>
    /// <exception cref="BundleException">The folder is missing or has no class folders, or a class folder has no pictures.</exception>
    public static ClassFolder OfPictures(string path) => Read(path, IsPicture, "pictures", "PNG or JPEG");

    /// <summary>Lists a folder of WAV files; decode them with <see cref="AudioFiles.Decode(string)"/> when they are wanted.</summary>
    /// <exception cref="BundleException">The folder is missing or has no class folders, or a class folder has no recordings.</exception>
    public static ClassFolder OfRecordings(string path) => Read(path, AudioFiles.IsAudio, "recordings", "WAV");

    private static bool IsPicture(string file) => ImageFiles.IsImage(file) && !System.IO.Path.GetFileName(file).StartsWith('.');

    private static ClassFolder Read(string path, Func<string, bool> isExample, string examples, string format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new BundleException($"'{path}' is not a folder: expected a folder that holds one folder of {examples} for each class.");
        }

        try
        {
            ClassFolderClass[] classes =
            [
                .. Directory
                    .EnumerateDirectories(path)
                    .Where(folder => !System.IO.Path.GetFileName(folder).StartsWith('.'))
                    .Order(StringComparer.Ordinal)
                    .Select(folder => new ClassFolderClass
                    {
                        Name = System.IO.Path.GetFileName(folder),
                        Files = [.. Directory.EnumerateFiles(folder).Where(isExample).Order(StringComparer.Ordinal)],
                    }),
            ];
            return classes.Length == 0
                    ? throw new BundleException(
                        $"'{path}' holds no class folders: expected one folder of {format} {examples} for each class."
                    )
                : Array.Find(classes, c => c.Files.Count == 0) is { } empty
                    ? throw new BundleException(
                        $"Class folder '{System.IO.Path.Combine(path, empty.Name)}' holds no {examples}: expected at least one {format} file."
                    )
                : new ClassFolder(path, classes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be listed: {exception.Message}", exception);
        }
    }
}
