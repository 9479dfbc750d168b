using Kindling.Bundles;
using Kindling.Tasks.Files;

namespace Kindling.Cli;

/// <summary>Reads what `adapt` and `predict` are given: a folder of class folders, pictures, recordings, texts, or a CSV file.</summary>
internal static class InputReader
{
    /// <summary>Labelled examples from a folder of class folders or a CSV file; how pictures and recordings were prepared goes to standard error.</summary>
    public static SupportSet Support(BundleManifest manifest, string path, ImageInversion? invert)
    {
        if (manifest.IsDetection)
        {
            return DetectionConsole.Support(manifest, path, invert);
        }

        if (manifest.Preprocessing.Image is not null)
        {
            RequireFolder(path, "pictures");
            ImagePreprocessing preprocessing = manifest.ForPictures(invert);
            PreparationLog log = new("support", "pictures");
            List<(string, ImageInput)> pictures = [];
            foreach ((string name, string file) in ClassFolder.OfPictures(path).Classes.SelectMany(c => c.Files.Select(f => (c.Name, f))))
            {
                ImageInput image = ImageFiles.Decode(file);
                log.Add(preprocessing.Describe(image));
                pictures.Add((name, image));
            }

            log.Write();
            return SupportSet.FromImages(manifest, pictures, invert);
        }

        if (manifest.IsLanguage && invert is null)
        {
            return LanguagePrediction.Support(manifest, path);
        }

        if (invert is not null)
        {
            throw new BundleException(
                $"--invert is for pictures; '{manifest.Name}' takes {manifest.Preprocessing switch {
                    { Text: not null } or { Language: not null } => "texts",
                    { Audio: not null } => "recordings",
                    _ => "rows of a table",
                }}."
            );
        }

        if (manifest.Preprocessing.Audio is { } recordings)
        {
            RequireFolder(path, "recordings");
            PreparationLog log = new("support", "recordings");
            (string, AudioInput)[] examples =
            [
                .. ClassFolder.OfRecordings(path).Classes.SelectMany(c => c.Files.Select(f => (c.Name, AudioFiles.Decode(f)))),
            ];
            foreach ((_, AudioInput audio) in examples)
            {
                log.Add(recordings.Describe(audio));
            }

            log.Write();
            return SupportSet.FromAudio(manifest, examples);
        }

        if (manifest.Preprocessing.Text is not null)
        {
            IReadOnlyList<TextExample> texts = TextFiles.Examples(path);
            foreach (TextExample example in texts)
            {
                Note(manifest, example.Place, example.Text);
            }

            return SupportSet.FromTexts(manifest, texts.Select(example => (example.Label, example.Text)));
        }

        TableFile table = TableFile.Read(path);
        FloatTensor rows = table.Select(Columns(manifest));
        IEnumerable<FloatTensor> inputs = Enumerable.Range(0, table.RowCount).Select(r => Prepare(manifest, rows, r));
        if (manifest.IsClassification)
        {
            return SupportSet.FromExamples(table.Classes().Zip(inputs));
        }

        FloatTensor targets = table.Targets();
        int width = targets.Shape[1];
        return SupportSet.FromTargets(
            inputs.Select((input, r) => (input, new FloatTensor([width], targets.Values[(r * width)..((r + 1) * width)])))
        );
    }

    /// <summary>
    /// Inputs to predict, each with its name: pictures, recordings, folders of these, or CSV files; for texts also the text itself, where no file or folder has that
    /// name. How pictures and recordings were prepared goes to standard error, at the end.
    /// </summary>
    public static IEnumerable<(string Name, FloatTensor Input)> Inputs(
        BundleManifest manifest,
        IEnumerable<string> paths,
        ImageInversion? invert
    )
    {
        PreparationLog log = new("input", manifest.Preprocessing.Audio is null ? "pictures" : "recordings");
        foreach (string path in paths)
        {
            if (manifest.Preprocessing.Image is not null)
            {
                ImagePreprocessing preprocessing = manifest.ForPictures(invert);
                foreach (string file in Pictures(path))
                {
                    ImageInput image = ImageFiles.Decode(file);
                    log.Add(preprocessing.Describe(image));
                    yield return (file, manifest.Prepare(image, invert));
                }
            }
            else if (manifest.Preprocessing.Audio is { } recordings)
            {
                foreach (string file in Files(path, AudioFiles.IsAudio, $"recordings ({AudioFiles.Extension})"))
                {
                    AudioInput audio = AudioFiles.Decode(file);
                    log.Add(recordings.Describe(audio));
                    yield return (file, manifest.Prepare(audio));
                }
            }
            else if (manifest.Preprocessing.Text is not null)
            {
                bool isFile = Path.Exists(path) || path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
                foreach ((string place, string text) in isFile ? TextFiles.Texts(path) : [(path, path)])
                {
                    Note(manifest, place, text);
                    yield return (place, manifest.Prepare(text));
                }
            }
            else
            {
                TableFile table = TableFile.Read(path);
                FloatTensor rows = table.Select(Columns(manifest));
                for (int r = 0; r < table.RowCount; r++)
                {
                    yield return ($"{path}:{r + 1}", Prepare(manifest, rows, r));
                }
            }
        }

        log.Write();
    }

    /// <summary>Runs something on data from outside: what the library calls a wrong argument is then a fault of the data.</summary>
    /// <exception cref="BundleException">The data do not fit the model.</exception>
    public static async Task<T> Rejecting<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (ArgumentException e)
        {
            string parameter = $" (Parameter '{e.ParamName}')";
            throw new BundleException(e.Message.Replace(parameter, "", StringComparison.Ordinal), e);
        }
    }

    private static IReadOnlyList<string> Columns(BundleManifest manifest) =>
        manifest.Preprocessing.Table?.Columns
        ?? throw new BundleException($"'{manifest.Name}' takes neither pictures nor tables nor texts nor recordings.");

    private static void Note(BundleManifest manifest, string place, string text)
    {
        if (manifest.ForTexts().Describe(text) is { Length: > 0 } note)
        {
            Console.Error.WriteLine($"note: {place}: {note}");
        }
    }

    private static FloatTensor Prepare(BundleManifest manifest, FloatTensor rows, int row)
    {
        int width = rows.Shape[1];
        return manifest.Prepare(rows.Values.AsSpan(row * width, width));
    }

    private static void RequireFolder(string path, string examples)
    {
        if (File.Exists(path))
        {
            throw new BundleException(
                $"{path}: the model takes {examples}, so its examples are a folder with one folder of {examples} a class."
            );
        }
    }

    /// <summary>Pictures, or all of a folder.</summary>
    public static IEnumerable<string> Pictures(string path) =>
        Files(path, ImageFiles.IsImage, $"pictures ({string.Join(", ", ImageFiles.Extensions)})");

    private static IEnumerable<string> Files(string path, Func<string, bool> isExample, string expected)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        string[] files =
        [
            .. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(isExample).Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? files : throw new BundleException($"{path}: expected {expected}, found none.");
    }
}
