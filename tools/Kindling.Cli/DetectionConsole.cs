using Kindling.Adapt;
using Kindling.Bundles;
using Kindling.Evaluate.Plots;
using Kindling.Tasks.Files;

namespace Kindling.Cli;

/// <summary>What `adapt` and `predict` do with detectors.</summary>
internal static class DetectionConsole
{
    /// <summary>Pictures with boxes; how they were prepared goes to standard error.</summary>
    public static SupportSet Support(BundleManifest manifest, string path, ImageInversion? invert)
    {
        ImagePreprocessing preprocessing = manifest.ForPictures(invert);
        PreparationLog log = new("support", "pictures");
        List<(ImageInput, IReadOnlyList<LabelledBox>)> examples = [];
        foreach (AnnotatedPicture picture in AnnotatedPictures.Read(path))
        {
            ImageInput image = ImageFiles.Decode(picture.File);
            log.Add(preprocessing.Describe(image));
            examples.Add((image, picture.Objects));
        }

        log.Write();
        return SupportSet.FromObjects(manifest, examples, invert);
    }

    /// <summary>Finds objects in pictures, and draws them where that is wanted.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="inputs">Pictures and folders of them.</param>
    /// <param name="leastScore">Objects with a lower score are left out.</param>
    /// <param name="folder">Where copies of the pictures with boxes go; null for nowhere.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    public static IEnumerable<(string Name, IReadOnlyList<Detection> Found)> Detect(
        Learner learner,
        IEnumerable<string> inputs,
        float leastScore,
        string? folder,
        CancellationToken cancellation
    )
    {
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach (string file in inputs.SelectMany(InputReader.Pictures))
        {
            cancellation.ThrowIfCancellationRequested();
            ImageInput image = ImageFiles.Decode(file);
            IReadOnlyList<Detection> found = learner.Detect(image, leastScore);
            if (folder is not null)
            {
                string name = Path.GetFileNameWithoutExtension(file) + ".png";
                if (!taken.Add(name))
                {
                    throw new BundleException(
                        $"{file}: '{name}' in '{folder}' is another picture's already; give the folders one at a time."
                    );
                }

                string drawn = Path.Combine(folder, name);
                if (File.Exists(drawn))
                {
                    throw new BundleException(
                        $"{drawn}: there is a picture here already, which --draw does not overwrite; give another folder."
                    );
                }

                _ = Directory.CreateDirectory(folder);
                AtomicFile.Write(drawn, DetectionPicture.Draw(image, found));
            }

            yield return (file, found);
        }
    }

    /// <summary>The result for programs.</summary>
    public static object Json(string name, IReadOnlyList<Detection> found) =>
        new
        {
            input = name,
            objects = found.Select(d => new
            {
                d.Label,
                d.Score,
                box = new[] { d.Box.Left, d.Box.Top, d.Box.Right, d.Box.Bottom },
            }),
        };

    /// <summary>The result for people: a line for each object.</summary>
    public static string Text(string name, IReadOnlyList<Detection> found) =>
        found.Count == 0 ? $"{name}\tno objects" : string.Join(Environment.NewLine, found.Select(d => $"{name}\t{d}"));
}
