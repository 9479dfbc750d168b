using Kindling.Bundles;

namespace Kindling.Tasks.Files;

/// <summary>
/// A folder of class folders: one folder a class, its PNG and JPEG files the examples. Hidden folders and
/// files (a leading dot), other files and deeper folders are left alone.
/// </summary>
public sealed class ImageFolder
{
    private ImageFolder(string path, IReadOnlyList<ImageFolderClass> classes)
    {
        Path = path;
        Classes = classes;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The classes in ordinal order of their names; at least one.</summary>
    public IReadOnlyList<ImageFolderClass> Classes { get; }

    /// <summary>Lists the folder; decode the files with <see cref="ImageFiles.Decode(string)"/> when they are wanted.</summary>
    /// <exception cref="BundleException">The folder is missing or has no class folders, or a class folder has no pictures.</exception>
    public static ImageFolder Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new BundleException($"'{path}' is not a folder: expected a folder that holds one folder of pictures for each class.");
        }

        try
        {
            return new ImageFolder(path, ReadClasses(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BundleException($"'{path}' cannot be listed: {exception.Message}", exception);
        }
    }

    private static bool IsExample(string file) => ImageFiles.IsImage(file) && !System.IO.Path.GetFileName(file).StartsWith('.');

    private static List<ImageFolderClass> ReadClasses(string path)
    {
        List<ImageFolderClass> classes = [];
        foreach (string folder in Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal))
        {
            string name = System.IO.Path.GetFileName(folder);
            if (name.StartsWith('.'))
            {
                continue;
            }

            string[] files = [.. Directory.EnumerateFiles(folder).Where(IsExample).Order(StringComparer.Ordinal)];
            if (files.Length == 0)
            {
                throw new BundleException($"Class folder '{folder}' holds no pictures: expected at least one PNG or JPEG file.");
            }

            classes.Add(new ImageFolderClass { Name = name, Files = files });
        }

        return classes.Count > 0
            ? classes
            : throw new BundleException($"'{path}' holds no class folders: expected one folder of PNG or JPEG pictures for each class.");
    }
}
